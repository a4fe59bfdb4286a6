"""Knows when a Triton launcher runs, what it launched, and which memory it was given.

`watch()` wraps Triton's launch methods once, before any candidate code is loaded. Operators that the dispatch trace sees
while a launcher runs (the interpreter's copies, the autotuner's clearing) belong to the launch; those of the candidate's own
functions that a launcher calls (a grid, the values of `heuristics`, methods of an argument) do not. What is launched while a CUDA graph is recorded has
not run: it counts in every call that replays the graph.
"""

from __future__ import annotations

import functools
import sys
import weakref

import torch

from kernelagent_worker import interpreter_fixes
from kernelagent_worker.call import storage_of
from kernelagent_worker.known_memory import KnownMemory


_frame = sys._getframe  # taken before candidate code is loaded


class Seen:
    """What was launched, the memory that it was given, and the operators around it."""

    def __init__(self):
        self.counts = {}
        self.cooperative = set()  # names of kernels whose programs may wait for each other
        self.compiled = {}  # launches by the name that the GPU knows the kernel by
        self.records = []
        self.touched = set()  # storage addresses
        self.guards = 0  # allocations that were made longer, and copied by that
        self.operators = {}  # in a graph alone: how often, by what dispatch_trace.py tells apart

    def listed(self):
        """[{"kernel","count"}…] in the order of the first launches, with "cooperative" where one was."""
        return [{"kernel": name, "count": count, **({"cooperative": True} if name in self.cooperative else {})}
                for name, count in self.counts.items()]

    def add(self, other):
        for mine, more in ((self.counts, other.counts), (self.compiled, other.compiled), (self.operators, other.operators)):
            for key, count in more.items():
                mine[key] = mine.get(key, 0) + count
        self.cooperative |= other.cooperative
        self.records += other.records
        self.guards += other.guards
        self.touched |= other.touched


class Launches:
    """What was launched since `begin`. Where nobody begins (bench.py), launches cost nothing more."""

    def __init__(self):
        self.watching = False
        self.candidate = None  # the path of the file whose functions are not the launcher's
        self.depth = 0
        self.seen = Seen()
        self.recording = None  # what goes into the CUDA graph that is being recorded
        self.memory = KnownMemory()  # that kernels in the interpreter may use
        self.graphs = weakref.WeakKeyDictionary()
        self.replayed = set()  # storage addresses that replayed graphs were recorded with

    def begin(self, given=(), checked=True):
        """Starts watching a call that is given these tensors; `checked`: kernels in the interpreter are kept to known memory."""
        self.watching = True
        self.memory.begin(given, checked)
        self.depth = 0
        self.seen = Seen()
        self.recording = None
        self.replayed = set()

    def is_launching(self):
        """Says whether a launcher issues what its caller is told of: one runs, and called nothing of the candidate's on the way there."""
        if not self.depth:
            return False
        frame = _frame(1)
        while frame is not None and frame.f_code not in _entrances:
            if frame.f_code.co_filename == self.candidate:
                return False
            frame = frame.f_back
        return True

    def begin_graph(self):
        self.recording = Seen()

    def end_graph(self, graph):
        self.graphs[graph], self.recording = self.recording, None

    def replay(self, graph):
        recorded = self.graphs.get(graph)
        if recorded is not None and self.watching:
            self.seen.add(recorded)
            self.replayed |= recorded.touched

    def record(self, name, grid, arguments, keywords):
        seen = self.recording or self.seen
        seen.counts[name] = seen.counts.get(name, 0) + 1
        if keywords.get("launch_cooperative_grid") is True:
            seen.cooperative.add(name)
        for tensor in _tensors_in((*arguments, *keywords.values())):
            seen.touched.add(storage_of(tensor))
            self.memory.lend(tensor)
        if len(seen.records) < 256:
            options = {key: value for key, value in keywords.items() if isinstance(value, (int, float, str, bool))}
            shape = list(grid) if isinstance(grid, (tuple, list)) else None
            seen.records.append({"kernel": name, "grid": shape, "options": options})

    def ran(self, compiled):
        """Notes what a launcher returned: the compiled kernel, of which the interpreter has none."""
        name = getattr(compiled, "name", None)
        if isinstance(name, str):
            seen = self.recording or self.seen
            seen.compiled[name] = seen.compiled.get(name, 0) + 1

    def wrote(self, tensor):
        """Says whether a launch since `begin` was given this tensor's memory."""
        return storage_of(tensor) in self.seen.touched


def _tensors_in(value):
    """Yields the tensors among a launch's arguments, those of tuples and of tensor descriptors too."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors_in(item)
    elif isinstance(value, _descriptors):
        yield from _tensors_in(value.base)


_watched = None
_descriptors = ()  # the types of tensor descriptors that this Triton has
_entrances = set()  # the code of the functions that launchers were wrapped in


def watch():
    """Wraps Triton's launchers and returns the Launches that they report to."""
    global _watched, _descriptors
    if _watched is not None:
        return _watched
    from triton.runtime import autotuner, interpreter, jit
    from triton.tools.tensor_descriptor import TensorDescriptor
    _descriptors = (TensorDescriptor,)
    launches = _watched = Launches()
    _wrap_launch(jit.JITFunction, launches)
    _wrap_launch(interpreter.InterpretedFunction, launches)
    _wrap_outer(autotuner.Autotuner, launches)
    _wrap_graphs(torch.cuda.CUDAGraph, launches)
    interpreter_fixes.apply(launches.memory)
    return launches


def warm():
    """Loads Triton's binding to the driver."""
    from triton.runtime import driver
    driver.active.utils


def _wrap_launch(kind, launches):
    run = kind.run

    @functools.wraps(run)
    def wrapped(self, *arguments, grid, warmup, **keywords):
        if not launches.watching:
            return run(self, *arguments, grid=grid, warmup=warmup, **keywords)
        if not warmup:
            launches.record(self.fn.__name__, grid, arguments, keywords)
        launches.depth += 1
        try:
            compiled = run(self, *arguments, grid=grid, warmup=warmup, **keywords)
            if not warmup:
                launches.ran(compiled)
            return compiled
        finally:
            launches.depth -= 1
            launches.memory.end_launch()

    _entrances.add(wrapped.__code__)
    kind.run = wrapped


def _wrap_outer(kind, launches):
    run = kind.run

    @functools.wraps(run)
    def wrapped(self, *arguments, **keywords):
        launches.depth += 1
        try:
            return run(self, *arguments, **keywords)
        finally:
            launches.depth -= 1

    _entrances.add(wrapped.__code__)
    kind.run = wrapped


def _wrap_graphs(kind, launches):
    begin, end, replay = kind.capture_begin, kind.capture_end, kind.replay

    @functools.wraps(begin)
    def capture_begin(self, *arguments, **keywords):
        begin(self, *arguments, **keywords)
        launches.begin_graph()

    @functools.wraps(end)
    def capture_end(self):
        launches.end_graph(self)
        end(self)

    @functools.wraps(replay)
    def replayed(self):
        launches.replay(self)
        replay(self)

    kind.capture_begin, kind.capture_end, kind.replay = capture_begin, capture_end, replayed
