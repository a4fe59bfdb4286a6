"""Knows when a Triton launcher runs, what it launched, and which memory it was given.

`watch()` wraps Triton's launch methods once, before any candidate code is loaded. Operators that the dispatch trace sees
while a launcher runs (the interpreter's copies, the autotuner's clearing) belong to the launch; those of the candidate's own
functions that a launcher calls (a grid, the values of `heuristics`) do not.
"""

from __future__ import annotations

import functools

import torch

from kernelagent_worker import interpreter_fixes
from kernelagent_worker.call import storage_of


class Launches:
    """What was launched since `begin`, and the memory that those launches were given. Where nobody begins (bench.py), launches cost nothing more."""

    def __init__(self):
        self.watching = False
        self.depth = 0
        self.counts = {}
        self.compiled = {}  # launches by the name that the GPU knows the kernel by
        self.records = []
        self.touched = set()  # storage addresses

    def begin(self):
        self.watching = True
        self.depth = 0
        self.counts = {}
        self.compiled = {}
        self.records = []
        self.touched = set()

    def record(self, name, grid, arguments, keywords):
        self.counts[name] = self.counts.get(name, 0) + 1
        for value in (*arguments, *keywords.values()):
            self._touch(value)
        if len(self.records) < 256:
            options = {key: value for key, value in keywords.items() if isinstance(value, (int, float, str, bool))}
            shape = list(grid) if isinstance(grid, (tuple, list)) else None
            self.records.append({"kernel": name, "grid": shape, "options": options})

    def ran(self, compiled):
        """Notes what a launcher returned: the compiled kernel, of which the interpreter has none."""
        name = getattr(compiled, "name", None)
        if isinstance(name, str):
            self.compiled[name] = self.compiled.get(name, 0) + 1

    def wrote(self, tensor):
        """Says whether a launch since `begin` was given this tensor's memory."""
        return storage_of(tensor) in self.touched

    def _touch(self, value):
        if isinstance(value, torch.Tensor):
            self.touched.add(storage_of(value))
        elif isinstance(value, (tuple, list)):
            for item in value:
                self._touch(item)
        elif isinstance(getattr(value, "base", None), torch.Tensor):  # a tensor descriptor
            self._touch(value.base)


_watched = None


def watch():
    """Wraps Triton's launchers and returns the Launches that they report to."""
    global _watched
    if _watched is not None:
        return _watched
    from triton.runtime import autotuner, interpreter, jit
    launches = _watched = Launches()
    _wrap_launch(jit.JITFunction, launches)
    _wrap_launch(interpreter.InterpretedFunction, launches)
    _wrap_outer(autotuner.Autotuner, launches)
    interpreter_fixes.apply()
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
            compiled = run(self, *arguments, grid=_outside(grid, launches), warmup=warmup, **keywords)
            if not warmup:
                launches.ran(compiled)
            return compiled
        finally:
            launches.depth -= 1

    kind.run = wrapped


def _outside(grid, launches):
    """A grid may be a function of the candidate's: what runs in it is not the launcher's work."""
    if not callable(grid):
        return grid

    @functools.wraps(grid)
    def counted(meta):
        depth, launches.depth = launches.depth, 0
        try:
            return grid(meta)
        finally:
            launches.depth = depth

    return counted


def _wrap_outer(kind, launches):
    run = kind.run

    @functools.wraps(run)
    def wrapped(self, *arguments, **keywords):
        launches.depth += 1
        try:
            return run(self, *arguments, **keywords)
        finally:
            launches.depth -= 1

    kind.run = wrapped
