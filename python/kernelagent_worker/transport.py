"""Tensors that several processes see: the only file that knows how memory crosses from one process to another.

The comparing process makes a **group**: one allocation of its own that holds named tensors, with guard bytes between them. It
sends the group's description (`Group.describe`) and a descriptor, and another process opens it (`open_group`). On the CPU the
descriptor is a file without a name (memfd), sealed so that nobody can shorten it under another's feet; on CUDA it is one
allocation of the driver's virtual memory management (cuMemCreate), which unlike a legacy IPC handle shows nothing beside itself
and crosses process numbers. Memory lives until the last process that opened it lets go.
"""

from __future__ import annotations

import ctypes
import fcntl
import mmap
import os

import torch

from kernelagent_worker.protocol import Failure

GUARD = 4096  # bytes of poison before the first tensor and after each: reads that leave a tensor find NaN
_ALIGNMENT = 512
_MOVE = 80  # bytes by which a moved tensor lies beyond such an address: what vector loads need, and no more
_PAGE = 4096


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
    def allocate(cls, types, device, shared=True):
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
        kind = _kind(device)
        return cls((kind.create if shared else kind.private)(position, device), layout, device)

    def moved(self):
        """Returns a group of this process's own with the same contents at other addresses."""
        types = {name: {**entry, "shift": _MOVE // dtype_of(entry["dtype"]).itemsize} for name, entry in self.layout.items()}
        copy = Group.allocate(types, self.device, shared=False)
        copy.guard()
        for name in self.layout:
            copy.flat(name).copy_(self.flat(name))
        return copy

    def describe(self, descriptors):
        """Appends a descriptor to the list and returns the description that names it by its place."""
        descriptors.append(self.memory.export())
        handle = {"descriptor": len(descriptors) - 1, "bytes": self.memory.size}
        return {"handle": handle, "device": str(self.device), "tensors": self.layout}

    def flat(self, name):
        """Returns the tensor's elements in memory order, gaps of its strides included, as one dimension."""
        entry = self.layout[name]
        count = span_of(entry["shape"], entry["stride"])
        return self.memory.tensor({"dtype": entry["dtype"], "shape": [count], "stride": [1], "at": entry["at"]})

    def guard(self):
        """Fills the whole allocation with what a tensor should not be left for: NaN in every floating type, and behind integers a one. As
        an index that leads to a wrong result, where -1 would lead out of everybody's sight."""
        self.words().fill_(-1)
        for entry in self.layout.values():
            dtype = dtype_of(entry["dtype"])
            if not dtype.is_floating_point and not dtype.is_complex:
                behind = entry["at"] + span_of(entry["shape"], entry["stride"]) * dtype.itemsize
                self.memory.tensor({"dtype": entry["dtype"], "shape": [GUARD // dtype.itemsize], "stride": [1], "at": behind}).fill_(1)

    def words(self):
        """Returns the whole allocation as int64."""
        return self.memory.tensor({"dtype": "int64", "shape": [self.memory.size // 8], "stride": [1], "at": 0})

    def close(self):
        self.tensors = {}
        self.memory.close()


def open_group(description, descriptors):
    """Opens a group made by another process. The descriptors stay the caller's."""
    handle, device = description["handle"], description["device"]
    place = handle["descriptor"]
    if not 0 <= place < len(descriptors):
        raise Failure("bad_request", f"a group names descriptor {place}, and {len(descriptors)} came")
    memory = _kind(device).open(descriptors[place], handle["bytes"], device)
    return Group(memory, description["tensors"], device)


def _kind(device):
    return CudaMemory if torch.device(device).type == "cuda" else FileMemory


class FileMemory:
    """A file without a name, mapped."""

    def __init__(self, descriptor, size, flags=mmap.MAP_SHARED):
        self.size = size
        try:
            self._mapping = mmap.mmap(descriptor, size, flags)
        except (OSError, ValueError) as error:
            raise Failure("bad_request", f"shared memory of {size} bytes: {error}") from None
        self._descriptor = descriptor

    @classmethod
    def create(cls, size, device):
        size = (size + _PAGE - 1) // _PAGE * _PAGE
        descriptor = os.memfd_create("kernelagent", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.posix_fallocate(descriptor, 0, size)  # a lack of memory is an error now, not a signal later
        except OSError as error:
            os.close(descriptor)
            raise Failure("out_of_memory", f"shared memory: {error.strerror} ({size >> 20} MiB)") from None
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
        return cls(descriptor, size)

    @classmethod
    def private(cls, size, device):
        """Makes memory that nobody else can open: a child that runs others' code may make no other."""
        return cls(-1, (size + _PAGE - 1) // _PAGE * _PAGE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    @classmethod
    def open(cls, descriptor, size, device):
        return cls(descriptor, size)

    def export(self):
        """Gives the descriptor away."""
        descriptor, self._descriptor = self._descriptor, None
        return descriptor

    def tensor(self, entry):
        dtype = dtype_of(entry["dtype"])
        count = span_of(entry["shape"], entry["stride"])
        if count == 0:
            return torch.empty_strided(entry["shape"], entry["stride"], dtype=dtype)
        flat = torch.frombuffer(self._mapping, dtype=dtype, count=count, offset=entry["at"])
        return flat.as_strided(entry["shape"], entry["stride"])

    def close(self):
        self._mapping = None  # unmapped when the last tensor over it is gone


class _Location(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("id", ctypes.c_int)]


class _Properties(ctypes.Structure):  # CUmemAllocationProp
    _fields_ = [("type", ctypes.c_int), ("handle_types", ctypes.c_int), ("location", _Location), ("metadata", ctypes.c_void_p),
                ("flags", ctypes.c_ubyte * 8)]


class _Access(ctypes.Structure):  # CUmemAccessDesc
    _fields_ = [("location", _Location), ("flags", ctypes.c_int)]


_PINNED = 1  # CU_MEM_ALLOCATION_TYPE_PINNED
_DESCRIPTOR = 1  # CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR
_ON_DEVICE = 1  # CU_MEM_LOCATION_TYPE_DEVICE
_READ_WRITE = 3  # CU_MEM_ACCESS_FLAGS_PROT_READWRITE


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
    """One driver allocation, mapped at an address of this process (CUDA driver API, Virtual Memory Management)."""

    def __init__(self, handle, size, device):
        self.size = size
        self.device = device
        self.address = 0
        self._handle = handle
        number = torch.device(device).index or 0
        driver, address = _cuda(device), ctypes.c_uint64()
        none, whole = ctypes.c_uint64(0), ctypes.c_size_t(size)
        driver.call("cuMemAddressReserve", ctypes.byref(address), whole, ctypes.c_size_t(0), none, none)
        driver.call("cuMemMap", address, whole, ctypes.c_size_t(0), handle, none)
        access = _Access(_Location(_ON_DEVICE, number), _READ_WRITE)
        driver.call("cuMemSetAccess", address, whole, ctypes.byref(access), ctypes.c_size_t(1))
        self.address = address.value

    @classmethod
    def create(cls, size, device):
        driver, handle, granule = _cuda(device), ctypes.c_uint64(), ctypes.c_size_t()
        wanted = _Properties(_PINNED, _DESCRIPTOR, _Location(_ON_DEVICE, torch.device(device).index or 0), None)
        minimum = ctypes.c_int(0)
        driver.call("cuMemGetAllocationGranularity", ctypes.byref(granule), ctypes.byref(wanted), minimum)
        size = (size + granule.value - 1) // granule.value * granule.value
        arguments = ctypes.byref(handle), ctypes.c_size_t(size), ctypes.byref(wanted), ctypes.c_uint64(0)
        try:
            driver.call("cuMemCreate", *arguments)
        except Failure:
            torch.cuda.empty_cache()
            driver.call("cuMemCreate", *arguments)
        return cls(handle, size, device)

    private = create

    @classmethod
    def open(cls, descriptor, size, device):
        handle = ctypes.c_uint64()
        _cuda(device).call("cuMemImportFromShareableHandle", ctypes.byref(handle), ctypes.c_void_p(descriptor),
                           ctypes.c_int(_DESCRIPTOR))
        return cls(handle, size, device)

    def export(self):
        """Returns a descriptor, the receiver's to close."""
        descriptor = ctypes.c_int()
        _cuda(self.device).call("cuMemExportToShareableHandle", ctypes.byref(descriptor), self._handle,
                                ctypes.c_int(_DESCRIPTOR), ctypes.c_uint64(0))
        return descriptor.value

    def tensor(self, entry):
        dtype = dtype_of(entry["dtype"])
        count = span_of(entry["shape"], entry["stride"])
        if count == 0:
            return torch.empty_strided(entry["shape"], entry["stride"], dtype=dtype, device=self.device)
        raw = torch.as_tensor(_Bytes(self, self.address + entry["at"], count * dtype.itemsize), device=self.device)
        return raw.view(dtype).as_strided(entry["shape"], entry["stride"])

    def close(self):
        torch.cuda.synchronize()
        if self.address:
            driver, address, whole = _cuda(self.device), ctypes.c_uint64(self.address), ctypes.c_size_t(self.size)
            driver.call("cuMemUnmap", address, whole)
            driver.call("cuMemRelease", self._handle)
            driver.call("cuMemAddressFree", address, whole)
            self.address = 0
