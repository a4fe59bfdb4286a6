"""What a repeated call meets that the first did not: memory at other addresses, other work on the device. Its results must not care."""

from __future__ import annotations

import torch

_BUSY = 1 << 25  # elements that the other work reads and writes
_PASSES = 40  # times that it does so: some milliseconds on a large GPU
_PADDING = 1 << 29  # bytes of padding at most

# Taken before candidate code is loaded.
_empty, _ones, _multiply = torch.empty, torch.ones, torch.Tensor.mul_
_Stream, _on = torch.cuda.Stream, torch.cuda.stream


def padding(sizes, device):
    """Takes the memory that allocations of these sizes would get again, as long as the result lives."""
    taken, left = [], _PADDING
    for size in sizes:
        if size > left:
            break
        left -= size
        taken.append(_empty(size, dtype=torch.uint8, device=device))
    return taken


def keep_busy(device):
    """Starts work of ours on a stream of its own, beside which the call runs; nothing on a device without streams."""
    if torch.device(device).type != "cuda":
        return None
    stream = _Stream(device)
    with _on(stream):
        buffer = _ones(_BUSY, device=device)
        for _ in range(_PASSES):
            _multiply(buffer, 1.0)
    return buffer
