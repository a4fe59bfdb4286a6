"""Sees every ATen operator that candidate code runs, and poisons what it allocates.

It reports facts: the operator, whether a Triton launcher issued it, and whose memory it wrote to. What is allowed is
decided in C++ (src/judge/policy.h).
"""

from __future__ import annotations

import torch

from kernelagent_worker import inputs
from kernelagent_worker.call import OperatorMode, storage_of
from kernelagent_worker.randomness import is_random

_UNFILLED = {"aten.empty.memory_format", "aten.empty_strided.default", "aten.empty_like.default",
             "aten.new_empty.default", "aten.new_empty_strided.default", "aten.empty_permuted.default"}
_FILLED = {"aten.zeros.default", "aten.ones.default", "aten.full.default", "aten.zeros_like.default",
           "aten.ones_like.default", "aten.full_like.default", "aten.new_zeros.default", "aten.new_ones.default",
           "aten.new_full.default", "aten.scalar_tensor.default"}

_names = {}


def name_of(function):
    """Returns "aten.add.Tensor"; an operator's own printing is slow."""
    name = _names.get(function)
    if name is None:
        name = _names[function] = str(function)
    return name


class OperatorTrace(OperatorMode):
    """Counts operators while it is entered. `owners` maps storages to "input" and "state"; `launches` says who is running.

    Memory that is allocated and not filled gets the poison `pattern`, so that what no kernel wrote cannot look right.
    """

    def __init__(self, owners, launches, pattern):
        super().__init__()
        self._owners = owners
        self._launches = launches
        self._pattern = pattern
        self._fresh = set()  # addresses of storages allocated in this call
        self._counts = {}

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        keywords = keywords or {}
        name = name_of(function)
        if self._launches.depth:
            self._count((name, True, "", ""))
            return function(*arguments, **keywords)
        target, source = "", ""
        if function._schema.is_mutable:
            target = self._owner(arguments[0]) if arguments and isinstance(arguments[0], torch.Tensor) else "unknown"
            if name == "aten.copy_.default":
                source = self._copied(arguments[0], arguments[1])
        elif name == "aten.clone.default":
            source = self._owner(arguments[0]) + (" as passed" if self._as_passed(arguments[0]) else "")
        result = function(*arguments, **keywords)
        if name in _UNFILLED:
            self._poison(result)
            self._keep(result)
        elif name in _FILLED:
            self._keep(result)
        self._count((name, False, target or ("random" if is_random(function) else ""), source))
        return result

    def operators(self):
        """Returns [{"name","count","in_launch","target"?,"source"?}…] in order of first use."""
        listed = []
        for (name, in_launch, target, source), count in self._counts.items():
            entry = {"name": name, "count": count, "in_launch": in_launch}
            if target:
                entry["target"] = target
            if source:
                entry["source"] = source
            listed.append(entry)
        return listed

    def _count(self, key):
        self._counts[key] = self._counts.get(key, 0) + 1

    def _keep(self, tensor):
        self._fresh.add(storage_of(tensor))

    def _poison(self, tensor):
        if tensor.numel() and tensor.layout == torch.strided:
            whole = torch.empty((), dtype=tensor.dtype, device=tensor.device)
            storage = tensor.untyped_storage()
            whole.set_(storage, 0, (storage.nbytes() // tensor.element_size(),), (1,))
            inputs.poison(whole, self._pattern)

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

    def _copied(self, target, source):
        if not isinstance(source, torch.Tensor):
            return "scalar"
        alike = "same type" if (source.dtype, source.shape) == (target.dtype, target.shape) else "other type"
        return f"{self._owner(source)}, {alike}"
