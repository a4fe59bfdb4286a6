"""Problem files: a Python file with a class `Model` and functions `get_inputs` and `get_init_inputs`.

Loading one runs its code. Everything that can go wrong is the user's to know about, so each step has its own kind of
Failure that points at the user's line.
"""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import traceback

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kernelagent_worker.protocol import Failure, describe, failure_from, one_line
from kernelagent_worker.source import SourceFile
from kernelagent_worker.standins import OnCpu

_BIG = 1 << 20  # elements from which random filling costs more than it is worth


class Problem:
    """A loaded problem file."""

    def __init__(self, path, module, branches=None):
        self.path = path
        self.module = module
        self.branches = branches

    def init_inputs(self):
        """Returns the positional and keyword arguments of `Model`."""
        function = getattr(self.module, "get_init_inputs", None)
        if function is None:
            return [], {}
        value = self._call(function, "init_raised", "get_init_inputs")
        if isinstance(value, dict):
            return [], value
        if isinstance(value, (list, tuple)):
            return list(value), {}
        raise Failure("init_raised", f"get_init_inputs must return a list, not {type(value).__name__}", file=self.path)

    def build(self, arguments=None, keywords=None):
        """Constructs the model, by default with `get_init_inputs()`."""
        if arguments is None:
            arguments, keywords = self.init_inputs()
        return self._call(lambda: self.module.Model(*arguments, **(keywords or {})), "init_raised", "Model(...)")

    def inputs(self):
        """Returns the list that `get_inputs()` makes."""
        value = self._call(self.module.get_inputs, "get_inputs_raised", "get_inputs")
        if isinstance(value, (list, tuple)):
            return list(value)
        raise Failure("get_inputs_raised", f"get_inputs must return a list, not {type(value).__name__}", file=self.path)

    def _call(self, function, kind, name):
        try:
            return function()
        except Failure:
            raise
        except BaseException as error:  # user's code may also exit
            failure = failure_from(error, kind, self.path)
            failure.message = one_line(f"{name} raised {failure.message}")
            raise failure from error


def load(path, packed=None, watch=None):
    """Imports the problem file `path` under a name of its own and checks that it defines what a problem must. `packed` is its
    text as requests carry it; without it the file is read. `watch(text)` makes what rewrites its tests (branches.py)."""
    path = os.path.abspath(path)
    try:
        file = SourceFile.of(path, packed)
        source = file.text()
    except FileNotFoundError:
        raise Failure("no_file", f"{path} does not exist", file=path) from None
    except (SyntaxError, UnicodeDecodeError) as error:
        raise Failure("syntax", f"not Python source: {describe(error)}", file=path) from None
    except OSError as error:
        raise Failure("no_file", f"{path} cannot be read: {error.strerror}", file=path) from None
    watcher = watch(source) if watch else None
    try:
        tree = compile(source, path, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
        code = compile(watcher.rewrite(tree) if watcher else tree, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Failure("syntax", error.msg or "invalid syntax", line=error.lineno, file=path) from None
    except ValueError as error:  # NUL bytes
        raise Failure("syntax", str(error), file=path) from None
    name = f"kernelagent_problem_{hashlib.sha256(path.encode() + source.encode('utf-8', 'replace')).hexdigest()[:12]}"
    module = file.module(name)  # dataclasses and inspect look it up in sys.modules
    if watcher:
        watcher.install(module)
    try:
        with file.neighbours():
            exec(code, module.__dict__)
    except BaseException as error:
        sys.modules.pop(name, None)
        failure = failure_from(error, "raised", path)
        if failure.kind == "raised":
            failure.message = one_line(f"importing the problem raised {failure.message}")
        raise failure from error
    _check(module, path)
    return Problem(path, module, watcher)


def _check(module, path):
    model = getattr(module, "Model", None)
    if not (isinstance(model, type) and issubclass(model, torch.nn.Module)):
        classes = [name for name, value in vars(module).items() if isinstance(value, type)
                   and issubclass(value, torch.nn.Module) and value.__module__ == module.__name__]
        found = f"; it defines {', '.join(classes)}" if classes else ""
        raise Failure("no_model", f"the file defines no nn.Module named Model{found}", file=path)
    if not callable(getattr(module, "get_inputs", None)):
        raise Failure("no_get_inputs", "the file defines no function get_inputs", file=path)


class UnfilledRandom(TorchDispatchMode):
    """Leaves big tensors unfilled where the program asks for random numbers.

    Untouched pages cost no memory and no time, so a model of many gigabytes can be built to learn its shapes.
    """

    _FILLS = {"aten::uniform_", "aten::normal_", "aten::exponential_", "aten::cauchy_", "aten::log_normal_"}
    _FACTORIES = {"aten::rand": torch.ops.aten.empty.memory_format, "aten::randn": torch.ops.aten.empty.memory_format}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function._schema.name
        if name in self._FILLS and args[0].numel() >= _BIG:
            return args[0]
        if name in self._FACTORIES and function._overloadname == "default" and _product(args[0]) >= _BIG:
            return self._FACTORIES[name](*args, **kwargs)
        return function(*args, **kwargs)


def _product(sizes):
    total = 1
    for size in sizes:
        total *= size
    return total


def build_cheaply(step, mode):
    """Runs `step` (which builds a model or inputs) on fake tensors of `mode`, which hold no memory.

    Code that looks at values (`.item()`, NumPy) cannot run on fake tensors: then it runs again on real ones, with big
    random tensors left unfilled. A Failure is therefore always the user's own.
    """
    try:
        with mode, OnCpu():
            return step()
    except Exception:
        pass
    with UnfilledRandom(), OnCpu():
        return step()


def user_frames(error, path):
    """Yields (line, text) of the frames of `error` and of what caused it that lie in the file `path`, innermost first."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if frame.filename == path:
                yield frame.lineno, frame.line or ""
        error = error.__cause__ or error.__context__


def has_frame(error, path):
    return any(frame.filename == path for frame in traceback.extract_tb(error.__traceback__))
