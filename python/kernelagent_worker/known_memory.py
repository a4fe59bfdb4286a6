"""Keeps kernels in Triton's interpreter to the memory of tensors: there a pointer is an address in this process, and nothing checks it.

On a GPU a kernel that reads or writes elsewhere ends in an error, or finds what happens to lie there. Here it could reach into Python, and
change the objects that host code goes on to use.
"""

from __future__ import annotations

import bisect

import torch

_storage = torch.Tensor.untyped_storage  # taken before candidate code is loaded
_FARTHEST = (1 << 64) - 1


class OutsideMemory(Exception):
    """A kernel's load or store that lies in no tensor. Its message is shown to the user."""


class KnownMemory:
    """The memory that kernels may use, guards behind allocations included: what a call is given and allocates, and for the time of a launch
    the launch's arguments, whoever allocated them."""

    def __init__(self):
        self._numpy = None  # the interpreter's, before which nothing is checked
        self._checked = False  # until the first call
        self.violation = ""  # the first of the present call
        self._of_call = {}  # first address → the one behind the last
        self._of_launch = {}
        self._starts = None  # sorted, and the ends in the same order; None where they are to be collected
        self._ends = None

    def use(self, numpy):
        """Takes the functions that `check` needs, before candidate code is loaded."""
        self._numpy, self._least, self._largest = numpy, numpy.min, numpy.max

    def begin(self, tensors, checked):
        """Forgets an earlier call's memory and knows that of these tensors."""
        self._starts = None
        self.violation = ""
        self._checked = checked
        self._of_call, self._of_launch = {}, {}
        for tensor in tensors:
            self.add(tensor)

    def add(self, tensor):
        """Knows a tensor's memory until the next call begins; whoever adds it keeps it alive as long."""
        self._put(self._of_call, tensor)

    def lend(self, tensor):
        """Knows a tensor's memory until `end_launch`."""
        self._put(self._of_launch, tensor)

    def end_launch(self):
        self._of_launch = {}
        self._starts = None

    def check(self, addresses, mask, size, verb):
        """Raises OutsideMemory where an element of `size` bytes at an address whose mask is set lies in no tensor."""
        if not self._checked:
            return
        if self._starts is None:
            self._collect()
        # A comparison with a scalar leaves whole numbers, a block pointer a view of memory.
        mask = self._numpy.asarray(mask).astype(bool, copy=False)
        low = int(self._least(addresses, initial=_FARTHEST, where=mask))
        high = int(self._largest(addresses, initial=0, where=mask))
        if low > high:  # nothing is set
            return
        place = bisect.bisect_right(self._starts, low) - 1
        if place >= 0 and high + size <= self._ends[place]:
            return  # all in one tensor, as nearly always
        active = addresses[mask]
        np = self._numpy
        places = np.searchsorted(np.array(self._starts, dtype=np.uint64), active, side="right").astype(np.int64) - 1
        ends = np.array([0, *self._ends], dtype=np.uint64)[places + 1]
        outside = (active >= ends) | (ends - active < np.uint64(size))  # an address at the very end of all would wrap in a sum
        if outside.any():
            text = f"a kernel {verb} outside of every tensor it may know: {self._describe(int(active[outside][0]))}"
            self.violation = self.violation or text
            raise OutsideMemory(text)

    def _put(self, spans, tensor):
        storage = _storage(tensor)
        start = storage.data_ptr()
        if tensor.device.type == "cpu" and start:
            spans[start] = max(spans.get(start, 0), start + storage.nbytes())
            self._starts = None

    def _collect(self):
        spans = sorted({**self._of_call, **self._of_launch}.items())
        self._starts, self._ends = [start for start, _ in spans], [end for _, end in spans]

    def _describe(self, address):
        place = bisect.bisect_right(self._starts, address) - 1
        if place >= 0 and address - self._ends[place] < 1 << 20:
            return f"{address - self._ends[place]} bytes behind the end of one"
        if place + 1 < len(self._starts) and self._starts[place + 1] - address < 1 << 20:
            return f"{self._starts[place + 1] - address} bytes before the beginning of one"
        return "far from any"


class Checked:
    """Stands for Triton's module of the interpreter's memory operations, and looks at every address first."""

    def __init__(self, operations, memory, numpy):
        self._operations = operations
        self._check, self._type = memory.check, numpy.dtype

    def __getattr__(self, name):
        return getattr(self._operations, name)

    def load(self, addresses, mask, other, kind):
        self._check(addresses, mask, self._type(kind).itemsize, "reads")
        return self._operations.load(addresses, mask, other, kind)

    def store(self, addresses, values, mask):
        self._check(addresses, mask, values.itemsize, "writes")
        return self._operations.store(addresses, values, mask)

    def atomic_rmw(self, operation, addresses, values, mask, order):
        self._check(addresses, mask, values.itemsize, "writes")
        return self._operations.atomic_rmw(operation, addresses, values, mask, order)

    def atomic_cas(self, addresses, expected, values, order):
        self._check(addresses, addresses == addresses, values.itemsize, "writes")
        return self._operations.atomic_cas(addresses, expected, values, order)
