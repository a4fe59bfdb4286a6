"""Reads a GPU's clocks and why they are held back, through the driver's management library (NVML), as nvidia-smi does."""

from __future__ import annotations

import ctypes

import torch

_SM, _MEMORY = 1, 2  # nvmlClockType_t
# nvmlClocksThrottleReasons; an idle GPU and clocks that somebody chose are no reasons here.
_REASONS = {0x4: "power cap", 0x8: "hardware slowdown", 0x10: "sync boost", 0x20: "software thermal slowdown", 0x40: "hardware thermal slowdown",
            0x80: "power brake"}

_library = None


def read(device):
    """Returns {"sm_mhz","memory_mhz","held_back_by":[…]}; what cannot be read is left out."""
    device, facts = torch.device(device), {}
    if device.type != "cuda":
        return facts
    try:
        _ask(device, facts)
    except (OSError, AttributeError):  # no library; an older one, or an old torch
        pass
    return facts


def _ask(device, facts):
    global _library
    if _library is None:
        library = ctypes.CDLL("libnvidia-ml.so.1")
        if library.nvmlInit_v2() != 0:
            return
        _library = library
    handle = ctypes.c_void_p()
    uuid = f"GPU-{torch.cuda.get_device_properties(device.index or 0).uuid}".encode()
    if _library.nvmlDeviceGetHandleByUUID(uuid, ctypes.byref(handle)) != 0:
        return
    for name, kind in (("sm_mhz", _SM), ("memory_mhz", _MEMORY)):
        megahertz = ctypes.c_uint()
        if _library.nvmlDeviceGetClockInfo(handle, ctypes.c_int(kind), ctypes.byref(megahertz)) == 0:
            facts[name] = megahertz.value
    bits = ctypes.c_ulonglong()
    if _library.nvmlDeviceGetCurrentClocksThrottleReasons(handle, ctypes.byref(bits)) == 0:
        facts["held_back_by"] = [reason for bit, reason in _REASONS.items() if bits.value & bit]
