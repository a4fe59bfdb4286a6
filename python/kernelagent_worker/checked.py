"""The candidate's role in a process that a tool checks (sanitizer.py): one call, whose every tensor has an allocation of its own.

Inputs come through the CPU's shared memory, and nothing is poisoned, guarded or traced: the tool shall know the bounds of what the
candidate was given and of what it allocated, and those alone.
"""

from __future__ import annotations

import types

import torch

from kernelagent_worker import candidate
from kernelagent_worker.call import Buffers, synchronize
from kernelagent_worker.protocol import failure_from

_seed = torch.manual_seed  # taken before candidate code is loaded


class Role(candidate.Role):
    def warm(self):
        """Nothing: what runs before the call would be checked too."""

    def run(self, request):
        """{"inputs":[ITEM…],"state":GROUP,"seed","mutations":[NAME…]} → {}."""
        mutations = request.get("mutations", [])
        given = self.exact({item["tensor"].partition("/")[0] for item in request["inputs"] if "tensor" in item} | {request["state"]})
        arguments = [self.argument(given, index, item, mutations) for index, item in enumerate(request["inputs"])]
        try:
            call, _ = self.prepare(arguments, given.group(request["state"]), mutations)
        except RuntimeError as error:
            raise failure_from(error, "no_entry", self.path) from None
        _seed(request["seed"])
        try:
            call()
            synchronize(self.device)
        except BaseException as error:
            raise failure_from(error, "raised", self.path) from None
        return {}

    def exact(self, names):
        """Returns these groups with every tensor where it ends with its allocation, on the candidate's device."""
        copies = Buffers()
        for name in names:
            copies.groups[name] = types.SimpleNamespace(tensors={
                key: torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=self.device).copy_(tensor)
                for key, tensor in self.buffers.group(name).items()})
        return copies
