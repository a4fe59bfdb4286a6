"""Sees every ATen operator that candidate code runs, and poisons what it allocates.

It reports facts: the operator, whether a Triton launcher issued it, whose memory it wrote to, and which allocations were written
behind their end. What is allowed is decided in C++ (src/judge/policy.h).
"""

from __future__ import annotations

import math

import torch
from torch.overrides import TorchFunctionMode

from kernelagent_worker import inputs
from kernelagent_worker.call import OperatorMode, storage_of
from kernelagent_worker.randomness import is_random

_UNFILLED = {"aten.empty.memory_format", "aten.empty_strided.default", "aten.empty_like.default",
             "aten.new_empty.default", "aten.new_empty_strided.default", "aten.empty_permuted.default"}
_FILLED = {"aten.zeros.default", "aten.ones.default", "aten.full.default", "aten.zeros_like.default",
           "aten.ones_like.default", "aten.full_like.default", "aten.new_zeros.default", "aten.new_ones.default",
           "aten.new_full.default", "aten.scalar_tensor.default"}

_READINGS = {"__repr__", "__str__", "__format__", "__reduce_ex__", "__deepcopy__", "__array__", "__dlpack__", "tolist", "numpy"}
_MAKERS = {"tensor", "as_tensor", "asarray"}

_GUARD_BYTE = 0xA5
_GUARD = 256  # bytes of poison behind every allocation
_GUARDED = 1 << 30  # bytes of allocations that one call's guards keep alive

# Taken before candidate code is loaded, which could put functions of its own in their place.
_Tensor, _strided = torch.Tensor, torch.strided
_storage, _set, _fill, _detach = torch.Tensor.untyped_storage, torch.Tensor.set_, torch.Tensor.fill_, torch.Tensor.detach
_resize, _empty, _empty_like = torch.UntypedStorage.resize_, torch.empty, torch.empty_like
_names = {}


def name_of(function):
    """Returns "aten.add.Tensor"; an operator's own printing is slow."""
    name = _names.get(function)
    if name is None:
        name = _names[function] = str(function)
    return name


def _flat(tensor, dtype, start, end):
    """Returns the bytes from `start` to `end` of a tensor's memory as one dimension."""
    flat = _empty((), dtype=dtype, device=tensor.device)
    return _set(flat, _storage(tensor), start // dtype.itemsize, ((end - start) // dtype.itemsize,), (1,))


def _is_laid_out_like(target, source):
    """Says whether `target` is all of its memory, in the order of `source` or of a new copy of it."""
    size = target.numel() * target.element_size()
    whole = target.storage_offset() == 0 and _storage(target).nbytes() in (size, size + _GUARD)
    return whole and target.stride() in (source.stride(), _empty_like(source, device="meta").stride())


def _shown(tensor):
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


class Readings(TorchFunctionMode):
    """Counts what hands a tensor's values to Python where no operator tells: its text, lists and arrays of it, and tensors made of its elements."""

    def __init__(self, trace):
        super().__init__()
        self._trace = trace

    def __torch_function__(self, function, types, arguments=(), keywords=None):
        name = getattr(function, "__name__", "")
        if name in _READINGS or (name in _MAKERS and any(True for _ in _tensors_in(arguments))):
            self._trace.note_reading(name)
        return function(*arguments, **(keywords or {}))


def _tensors_in(value):
    if isinstance(value, _Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors_in(item)


class OperatorTrace(OperatorMode):
    """Counts operators while it is entered. `owners` maps storages to "input" and "state"; `launches` says who is running.

    Memory that is allocated and not filled gets the poison `pattern`, so that what no kernel wrote cannot look right; None leaves
    it as it is. Every allocation gets a guard behind it, whose bytes must stay.
    """

    def __init__(self, owners, launches, pattern):
        super().__init__()
        self._owners = owners
        self._launches = launches
        self._pattern = pattern
        self._fresh = set()  # addresses of storages allocated in this call
        self._guards = []  # allocations with a guard, and the bytes that are theirs
        self._sizes = {}  # by address of storages with a guard: those bytes
        self._guarded = 0
        self._counts = {}
        self._readings = Readings(self)
        self.sizes = []  # bytes of the memory that was allocated, guards and all

    def __enter__(self):
        self._readings.__enter__()
        return super().__enter__()

    def __exit__(self, *error):
        super().__exit__(*error)
        self._readings.__exit__(*error)

    def note_reading(self, name):
        if not self._launches.is_launching():
            self._count((f"Tensor.{name}", False, "", ""))

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        keywords = keywords or {}
        name = name_of(function)
        if self._launches.is_launching():
            self._count((name, True, "", ""))
            return function(*arguments, **keywords)
        target, source = "", ""
        if function._schema.is_mutable:
            target = self._owner(arguments[0]) if arguments and isinstance(arguments[0], _Tensor) else "unknown"
            if name == "aten.copy_.default":
                source = self._copied(arguments[0], arguments[1])
                if source.startswith("replayed"):
                    self._launches.seen.touched.add(storage_of(arguments[0]))
        elif name == "aten._local_scalar_dense.default":
            source = "a whole tensor" if self._is_whole(arguments[0]) else "an element"
        elif name == "aten.clone.default":
            source = self._owner(arguments[0]) + (" as passed" if self._as_passed(arguments[0]) else "")
        result = function(*arguments, **keywords)
        self._note_fresh(function, arguments, result)
        if name in _UNFILLED or name in _FILLED:
            size = self._guard(result)
            if name in _UNFILLED and self._pattern is not None and result.layout == _strided:
                inputs.poison(_flat(result, result.dtype, 0, size), self._pattern)
            self._fresh.add(storage_of(result))
        self._count((name, False, target or ("random" if is_random(function) else ""), source))
        return result

    def _note_fresh(self, function, arguments, result):
        """Remembers memory that an operator allocated: that of a result which is no view of an argument."""
        if function._schema.is_mutable:
            return
        given = {storage_of(one) for one in _tensors_in(arguments)}
        self._fresh.update(address for one in _tensors_in(result) if (address := storage_of(one)) not in given)

    def operators(self):
        """Returns [{"name","count","in_launch","target"?,"source"?}…] in order of first use."""
        listed = []
        counts = dict(self._counts)
        for key, count in self._launches.seen.operators.items():
            counts[key] = counts.get(key, 0) + count
        for (name, in_launch, target, source), count in counts.items():
            entry = {"name": name, "count": count, "in_launch": in_launch}
            if target:
                entry["target"] = target
            if source:
                entry["source"] = source
            listed.append(entry)
        return listed

    def _count(self, key):
        recording = self._launches.recording
        counts = self._counts if recording is None else recording.operators
        counts[key] = counts.get(key, 0) + 1

    def overrun(self):
        """Names the allocations behind whose end something was written."""
        return [_shown(tensor) for tensor, size in self._guards
                if bool((_flat(tensor, torch.uint8, size, size + _GUARD) != _GUARD_BYTE).any())]

    def unwritten(self, tensor):
        """Says whether a tensor holds nothing but the poison that its memory was filled with in this call."""
        if self._pattern is None or tensor.dtype == torch.bool or storage_of(tensor) not in self._fresh or not tensor.numel():
            return False
        expected = torch.empty_like(tensor, memory_format=torch.contiguous_format).view(-1)
        inputs.poison(expected, self._pattern)
        return bool((expected.view(torch.uint8) == tensor.contiguous().view(-1).view(torch.uint8)).all())

    def is_fresh(self, tensor):
        """Says whether a tensor's memory was allocated in this call; so is memory that has no bytes."""
        return storage_of(tensor) is None or storage_of(tensor) in self._fresh

    def _guard(self, tensor):
        """Makes an allocation longer by a guard; returns how many bytes are the tensor's.

        Allocations are kept until the call is over, so that none takes another's place.
        """
        storage = _storage(tensor)
        size = storage.nbytes()
        if size and tensor.layout == _strided and self._guarded + size <= _GUARDED:
            self._guarded += size
            _resize(storage, size + _GUARD)
            self.sizes += [size, size + _GUARD]
            _fill(_flat(tensor, torch.uint8, size, size + _GUARD), _GUARD_BYTE)
            (self._launches.recording or self._launches.seen).guards += 1
            self._guards.append((_detach(tensor), size))
            self._sizes[storage_of(tensor)] = size
            self._launches.memory.add(tensor)
        return size

    def _owner(self, tensor):
        address = storage_of(tensor)
        if address in self._fresh:
            return "fresh"
        found = self._owners.get(address)
        return found[0] if found else "program"

    def _as_passed(self, tensor):
        """Says whether this is an input as it was given, not a view of it that arranges it anew."""
        found = self._owners.get(storage_of(tensor))
        return found is not None and found[1:] == (tuple(tensor.shape), tuple(tensor.stride()))

    def _is_whole(self, tensor):
        """Says whether a scalar is a tensor of its own, not an element of a larger one."""
        found = self._owners.get(storage_of(tensor))
        if found:
            return math.prod(found[1]) == 1
        return self._sizes.get(storage_of(tensor), _storage(tensor).nbytes()) == tensor.element_size()

    def _copied(self, target, source):
        """Says whose memory is copied, and whether as it is: "same layout" puts a tensor into memory that is laid out like it, and nothing
        else lies in; "same type" arranges it anew."""
        if not isinstance(source, _Tensor):
            return "scalar"
        owner = "replayed" if storage_of(source) in self._launches.replayed else self._owner(source)
        passed = " as passed" if owner == "input" and self._as_passed(source) else ""
        alike = "other type"
        if (source.dtype, source.shape) == (target.dtype, target.shape):
            alike = "same layout" if _is_laid_out_like(target, source) else "same type"
        return f"{owner}{passed}, {alike}"
