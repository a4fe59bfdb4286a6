"""Tensors that several processes see: the only file that knows how memory crosses from one process to another.

The comparing process makes a **group**: one allocation of its own that holds named tensors, with guard bytes between them. It
sends the group's description (`Group.describe`), and another process opens it (`open_group`). On the CPU a group is a file of
shared memory, whose name `seal` removes once the peers have opened it; on CUDA it is one `cuMemAlloc` allocation opened
through a legacy IPC handle, made by the driver and not by PyTorch's caching allocator, whose blocks would expose neighbours.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import secrets
import tempfile

import torch

from kernelagent_worker.protocol import Failure

GUARD = 4096  # bytes of poison before the first tensor and after each: reads that leave a tensor find NaN
_ALIGNMENT = 512
_PAGE = 4096
_CUDA_GRANULE = 2 << 20  # smaller driver allocations share a page of this size, and an IPC handle exposes all of it


def type_of(tensor):
    """Describes a tensor's element type, extents and strides, as messages do."""
    return {"dtype": dtype_name(tensor.dtype), "shape": list(tensor.shape), "stride": list(tensor.stride()),
            "offset": tensor.storage_offset()}


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def dtype_of(name):
    dtype = getattr(torch, name, None)
    if not isinstance(dtype, torch.dtype):
        raise Failure("bad_request", f"no element type {name}")
    return dtype


def contiguous_strides(shape):
    strides, step = [], 1
    for extent in reversed(shape):
        strides.append(step)
        step *= max(extent, 1)
    return strides[::-1]


def span_of(shape, stride):
    """Returns how many elements lie between the first and the last one, both included."""
    if any(extent == 0 for extent in shape):
        return 0
    return 1 + sum((extent - 1) * step for extent, step in zip(shape, stride))


class Group:
    """Named tensors in one allocation, owned by this process or opened from another's."""

    def __init__(self, memory, layout, device):
        self.memory = memory
        self.layout = layout
        self.device = device
        self.tensors = {name: memory.tensor(entry) for name, entry in layout.items()}

    @classmethod
    def allocate(cls, types, device):
        """Allocates tensors of the given types (`stride` absent: contiguous; `shift`: elements beyond an aligned address).

        Contents are undefined."""
        layout, position = {}, GUARD
        for name, kind in types.items():
            dtype = dtype_of(kind["dtype"])
            stride = list(kind.get("stride") or contiguous_strides(kind["shape"]))
            position += kind.get("shift", 0) * dtype.itemsize
            layout[name] = {"dtype": kind["dtype"], "shape": list(kind["shape"]), "stride": stride, "at": position}
            size = span_of(kind["shape"], stride) * dtype.itemsize
            position = (position + size + GUARD + _ALIGNMENT - 1) // _ALIGNMENT * _ALIGNMENT
        kind = CudaMemory if torch.device(device).type == "cuda" else FileMemory
        return cls(kind.create(position, device), layout, device)

    def describe(self):
        return {"handle": self.memory.handle(), "device": str(self.device), "tensors": self.layout}

    def flat(self, name):
        """Returns the tensor's elements in memory order, gaps of its strides included, as one dimension."""
        entry = self.layout[name]
        count = span_of(entry["shape"], entry["stride"])
        return self.memory.tensor({"dtype": entry["dtype"], "shape": [count], "stride": [1], "at": entry["at"]})

    def words(self):
        """Returns the whole allocation as int64."""
        return self.memory.tensor({"dtype": "int64", "shape": [self.memory.size // 8], "stride": [1], "at": 0})

    def seal(self):
        self.memory.seal()

    def close(self):
        self.tensors = {}
        self.memory.close()


def open_group(description):
    """Opens a group made by another process."""
    handle = description["handle"]
    device = description["device"]
    memory = CudaMemory.open(handle, device) if "ipc" in handle else FileMemory.open(handle)
    return Group(memory, description["tensors"], device)


class FileMemory:
    """A file of shared memory."""

    def __init__(self, path, size, mapping):
        self.path = path
        self.size = size
        self._mapping = mapping

    @classmethod
    def create(cls, size, device):
        size = (size + _PAGE - 1) // _PAGE * _PAGE
        path = os.path.join(_shared_directory(size), "ka-" + secrets.token_hex(12))
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)  # a full file system is an error now, not a SIGBUS later
            return cls(path, size, mmap.mmap(descriptor, size))
        except OSError as error:
            os.unlink(path)
            raise Failure("out_of_memory", f"shared memory: {error.strerror} ({size >> 20} MiB)") from None
        finally:
            os.close(descriptor)

    @classmethod
    def open(cls, handle):
        try:
            descriptor = os.open(handle["file"], os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            raise Failure("bad_request", f"shared memory {handle['file']}: {error.strerror}") from None
        try:
            return cls(None, handle["bytes"], mmap.mmap(descriptor, handle["bytes"]))
        finally:
            os.close(descriptor)

    def handle(self):
        return {"file": self.path, "bytes": self.size}

    def tensor(self, entry):
        dtype = dtype_of(entry["dtype"])
        count = span_of(entry["shape"], entry["stride"])
        if count == 0:
            return torch.empty_strided(entry["shape"], entry["stride"], dtype=dtype)
        flat = torch.frombuffer(self._mapping, dtype=dtype, count=count, offset=entry["at"])
        return flat.as_strided(entry["shape"], entry["stride"])

    def seal(self):
        if self.path is not None:
            os.unlink(self.path)
            self.path = None

    def close(self):
        self.seal()
        self._mapping = None  # unmapped when the last tensor over it is gone


def _shared_directory(size):
    """Returns the first directory with room: the one the C++ program names, /dev/shm, the temporary directory."""
    named = os.environ.get("KERNELAGENT_SHARED_DIR")
    for directory in (named, "/dev/shm", tempfile.gettempdir()):
        if directory and os.path.isdir(directory) and os.access(directory, os.W_OK):
            room = os.statvfs(directory)
            if room.f_bavail * room.f_frsize > size:
                return directory
    raise Failure("out_of_memory", f"no directory has {size >> 20} MiB for shared memory")


class _IpcHandle(ctypes.Structure):
    _fields_ = [("reserved", ctypes.c_byte * 64)]


class _Driver:
    """The few CUDA driver calls, on the device's primary context (the one PyTorch uses)."""

    def __init__(self):
        self._library = ctypes.CDLL("libcuda.so.1")

    def call(self, name, *arguments):
        status = getattr(self._library, name)(*arguments)
        if status != 0:
            text = ctypes.c_char_p()
            self._library.cuGetErrorName(status, ctypes.byref(text))
            kind = "out_of_memory" if status == 2 else "internal"
            raise Failure(kind, f"{name}: {(text.value or b'?').decode()}")


_driver = None


def _cuda(device):
    """Makes the device's context current in this thread and returns the driver."""
    global _driver
    if _driver is None:
        _driver = _Driver()
    torch.cuda.set_device(torch.device(device).index or 0)
    torch.cuda.current_stream().synchronize()
    torch.empty(1, device=device)  # the context becomes current with the first allocation
    return _driver


class _Bytes:
    """Raw device memory in the form `torch.as_tensor` takes without copying; keeps its owner alive."""

    def __init__(self, owner, address, count):
        self.owner = owner
        self.__cuda_array_interface__ = {"shape": (count,), "typestr": "|u1", "data": (address, False), "version": 3}


class CudaMemory:
    """One driver allocation, owned (`ours`) or opened through IPC."""

    _exported = {}  # handle → memory: a process cannot open its own handle

    def __init__(self, address, size, device, ours):
        self.address = address
        self.size = size
        self.device = device
        self.ours = ours

    @classmethod
    def create(cls, size, device):
        size = (size + _CUDA_GRANULE - 1) // _CUDA_GRANULE * _CUDA_GRANULE
        address = ctypes.c_uint64()
        driver = _cuda(device)
        try:
            driver.call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        except Failure:
            torch.cuda.empty_cache()
            driver.call("cuMemAlloc_v2", ctypes.byref(address), ctypes.c_size_t(size))
        return cls(address.value, size, device, True)

    @classmethod
    def open(cls, handle, device):
        if handle["ipc"] in cls._exported:
            return cls._exported[handle["ipc"]]
        raw = _IpcHandle()
        ctypes.memmove(ctypes.byref(raw), bytes.fromhex(handle["ipc"]), 64)
        address = ctypes.c_uint64()
        lazily_enable_peers = 1
        _cuda(device).call("cuIpcOpenMemHandle_v2", ctypes.byref(address), raw, ctypes.c_uint(lazily_enable_peers))
        return cls(address.value, handle["bytes"], device, False)

    def handle(self):
        raw = _IpcHandle()
        _cuda(self.device).call("cuIpcGetMemHandle", ctypes.byref(raw), ctypes.c_uint64(self.address))
        text = bytes(raw.reserved).hex()
        self._exported[text] = self
        return {"ipc": text, "bytes": self.size}

    def tensor(self, entry):
        dtype = dtype_of(entry["dtype"])
        count = span_of(entry["shape"], entry["stride"])
        if count == 0:
            return torch.empty_strided(entry["shape"], entry["stride"], dtype=dtype, device=self.device)
        raw = torch.as_tensor(_Bytes(self, self.address + entry["at"], count * dtype.itemsize), device=self.device)
        return raw.view(dtype).as_strided(entry["shape"], entry["stride"])

    def seal(self):
        """Nothing to remove: a handle is known only to those it was sent to."""

    def close(self):
        torch.cuda.synchronize()
        if self.address:
            name = "cuMemFree_v2" if self.ours else "cuIpcCloseMemHandle"
            _cuda(self.device).call(name, ctypes.c_uint64(self.address))
            for text in [text for text, memory in self._exported.items() if memory is self]:
                del self._exported[text]
            self.address = 0
