"""Times calls on a GPU: a turn of them, each between two events, behind a flush of the cache, on contents it has not seen.

The comparing process times calls of nothing in the same way (src/judge/race.h subtracts them from its own clock), so both use this file.
Every function used in a turn is taken before candidate code is loaded; events are PyTorch's own C type, whose methods cannot be replaced.
"""

from __future__ import annotations

import torch

from kernelagent_worker.protocol import Failure

_FLUSH_BYTES = 256 << 20  # written before every timed call: more than any level-2 cache holds
_fill, _select, _put = torch.Tensor.zero_, torch.Tensor.index_select, torch.Tensor.index_copy_
_event, _wait = torch._C._CudaEventBase if hasattr(torch._C, "_CudaEventBase") else None, torch.cuda.synchronize


class CudaClock:
    """Two events on the stream that a process begins with."""

    def __init__(self, device):
        torch.cuda.set_device(device.index or 0)
        torch.empty(1, device=device)  # starts CUDA
        self.stream = torch.cuda.current_stream()
        self.first, self.last = (_event(enable_timing=True, blocking=False, interprocess=False) for _ in range(2))
        self._record, self._elapsed = _event.record, _event.elapsed_time

    def start(self):
        self._record(self.first, self.stream)

    def stop(self):
        """Ends what `start` began. Returns milliseconds once everything on the device is done, on whatever stream."""
        self._record(self.last, self.stream)
        _wait()
        return self._elapsed(self.first, self.last)


def clock_for(device):
    if torch.device(device).type != "cuda":
        raise Failure("not_allowed", f"nothing can be timed on {device}: the interpreter's times say nothing")
    return CudaClock(torch.device(device))


class Stopwatch:
    """Times turns of calls on one device."""

    def __init__(self, device):
        self.device = device
        self.clock = clock_for(device)
        self.flush = torch.empty(_FLUSH_BYTES // 8, dtype=torch.int64, device=device)

    def turn(self, calls, sets, call):
        """Times `call(set number)` so many times, through the sets of inputs in turn → milliseconds each, the last result.

        `sets` holds the memory of each set's tensors, as one dimension. Before a call two elements of each floating tensor of its set
        change places, so that no call sees what an earlier one saw. While the device flushes, the host already issues the call, as it
        would in a running program.
        """
        clock, flush, samples, result = self.clock, self.flush, [], None
        swaps = [self.swaps(tensors, calls) for tensors in sets]
        for number in range(calls):
            chosen = number % len(sets)
            result = None  # its memory is the next one's
            for flat, there, here in swaps[chosen]:
                _put(flat, 0, there[number], _select(flat, 0, here[number]))
            _fill(flush)
            clock.start()
            result = call(chosen)
            samples.append(clock.stop())
        return samples, result

    def swaps(self, tensors, calls):
        """Draws beforehand which two elements change places in each call: (memory, places, the same places exchanged)."""
        drawn = []
        for flat in tensors:
            if flat.is_floating_point() and flat.itemsize > 1 and flat.numel() > 1:  # bytes have no such operators
                pairs = torch.randint(flat.numel(), (calls, 2), device=self.device)
                drawn.append((flat, pairs.unbind(), pairs.flip(1).unbind()))
        return drawn
