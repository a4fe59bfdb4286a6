"""Lists what ran on the GPU while a call was made, as the driver saw it: CUPTI's record, through torch's profiler.

The operator trace sees what goes through PyTorch's dispatcher; this sees every kernel, whoever launched it. What is allowed is
decided in C++ (src/judge/policy.h).
"""

from __future__ import annotations

import torch
from torch.autograd import DeviceType, profiler

from kernelagent_worker.protocol import describe

# Taken before candidate code is loaded.
_profile, _GPU = profiler.profile, DeviceType.CUDA


class Listing:
    """Counts kernels, copies and fills on the GPU while it is entered."""

    def __init__(self):
        self._profile = None
        self._missing = None  # why there is no list

    def __enter__(self):
        try:
            self._profile = _profile(use_cpu=False, use_device="cuda", use_kineto=True)
            self._profile.__enter__()
        except Exception as error:  # no CUPTI, or no permission to use it
            self._profile, self._missing = None, describe(error)
        return self

    def __exit__(self, *ending):
        if self._profile is None:
            return
        try:
            self._profile.__exit__(None, None, None)  # waits for the device
        except Exception as error:
            self._profile, self._missing = None, describe(error)

    def to_json(self):
        """Returns [{"name","count"}…] in order of first use, or {"missing": why there is no list}."""
        if self._profile is None:
            return {"missing": self._missing}
        counts = {}
        for event in self._profile.kineto_results.events():
            if event.device_type() == _GPU and not event.is_user_annotation():
                counts[event.name()] = counts.get(event.name(), 0) + 1
        return [{"name": name, "count": count} for name, count in counts.items()]


def warm():
    """Starts CUPTI, which takes a while the first time."""
    with Listing():
        torch.zeros(1, device="cuda")
