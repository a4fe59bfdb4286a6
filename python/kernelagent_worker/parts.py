"""Watches a program that a model has cut into parts and glue: what each part is called with, and what is computed outside of them."""

from __future__ import annotations

import sys

import torch

from kernelagent_worker import transport
from kernelagent_worker.call import OperatorMode
from kernelagent_worker.protocol import Failure

_PLAIN = (bool, int, float, str, type(None))


class Parts(OperatorMode):
    """While it is entered, notes the calls of the classes `names` of a module, and the operators that run outside of them."""

    def __init__(self, module, names, path):
        super().__init__()
        self._path = path
        self._depth = 0
        self._active = False
        self._calls = {name: [] for name in names}
        self._outside = {}
        for name in names:
            kind = getattr(module, name, None)
            if not (isinstance(kind, type) and issubclass(kind, torch.nn.Module)):
                raise Failure("raised", f"{name} is no nn.Module", file=path)
            self._wrap(name, kind)

    def __enter__(self):
        self._active = True
        return super().__enter__()

    def __exit__(self, *error):
        self._active = False
        return super().__exit__(*error)

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        if not self._depth:
            key = str(function), self._line()
            self._outside[key] = self._outside.get(key, 0) + 1
        return function(*arguments, **(keywords or {}))

    def report(self):
        """Returns {"parts":[{"name","calls":[[ARGUMENT…]…]}…],"outside":[{"name","count","line"}…]}; equal calls stand once."""
        return {"parts": [{"name": name, "calls": calls} for name, calls in self._calls.items()],
                "outside": [{"name": name, "count": count, "line": line, "in_launch": False}
                            for (name, line), count in self._outside.items()]}

    def _wrap(self, name, kind):
        inner = kind.__call__

        def call(part, *arguments, **keywords):
            if self._active and not self._depth:
                self._note(name, part, arguments, keywords)
            self._depth += 1
            try:
                return inner(part, *arguments, **keywords)
            finally:
                self._depth -= 1

        kind.__call__ = call

    def _note(self, name, part, arguments, keywords):
        if keywords:
            raise Failure("raised", f"{name} is called with keywords: parts take their arguments by position", self._line(), self._path)
        if any(True for _ in part.parameters()) or any(True for _ in part.buffers()):
            raise Failure("raised", f"{name} holds parameters or buffers: parts get them as arguments", self._line(), self._path)
        described = [self._describe(name, value) for value in arguments]
        if described not in self._calls[name]:
            self._calls[name].append(described)

    def _describe(self, name, value):
        if isinstance(value, torch.Tensor):
            return {"tensor": transport.type_of(value)}
        if isinstance(value, _PLAIN):
            return {"scalar": value}
        raise Failure("raised", f"{name} is given a {type(value).__name__}: parts take tensors and numbers", self._line(), self._path)

    def _line(self):
        """The line of the program's own file that is running."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != self._path:
            frame = frame.f_back
        return frame.f_lineno if frame is not None else 0
