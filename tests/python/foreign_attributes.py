"""The attributes of every object that a program can come to hold and did not define: tensors, layers, kernels, types, exceptions.

The static policy (src/judge/source_rules.cpp) reads the names from data/foreign_attributes.txt: a program's own name opens none of them on
an object that may not be the program's own. `foreign_attributes.py --update` adds what the installed torch, triton and Python have.
"""
import ast
import builtins
import collections
import contextlib
import functools
import importlib
import inspect
import pathlib
import pkgutil
import sys
import types
import typing

import torch
import triton

TABLE = pathlib.Path(__file__).resolve().parents[2] / "data" / "foreign_attributes.txt"

# Every class of these modules, and of the modules below them, counts.
MODULES = ["torch.autograd.function", "torch.autograd.grad_mode", "torch.cuda", "torch.nn.modules", "torch.nn.parameter",
           "torch.storage", "torch.types", "triton.backends", "triton.compiler.compiler", "triton.compiler.errors", "triton.knobs",
           "triton.language.core", "triton.language.semantic", "triton.language.standard", "triton.runtime",
           "triton.tools.tensor_descriptor"]

# What no Python class of those modules is: the types that C defines, and those of the standard library.
CLASSES = [torch.Tensor, torch.Size, torch.dtype, torch.device, torch.layout, torch.memory_format, torch.finfo, torch.iinfo,
           torch.Generator, torch.UntypedStorage, torch.TypedStorage, torch._C._FunctionBase]
LIBRARY = [builtins, collections, contextlib, types, typing]


def below(name):
    """The module and those below it, where they can be imported (a backend's may need its library)."""
    module = importlib.import_module(name)
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
        with contextlib.suppress(Exception):
            yield from below(f"{name}.{found.name}")


@functools.cache
def set_in(name):
    """The attributes that the code of a module sets on anything."""
    with contextlib.suppress(OSError, TypeError, KeyError):
        tree = ast.parse(inspect.getsource(sys.modules[name]))
        return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    return set()


def attributes_of(cls):
    for one in type.mro(cls):
        yield from vars(one)
        yield from getattr(one, "__annotations__", {})
        yield from set_in(one.__module__)


def objects():
    for library in LIBRARY:
        yield from vars(library).values()
    for name in MODULES:
        for module in below(name):
            yield from (one for one in vars(module).values() if not isinstance(one, types.ModuleType))


def classes():
    yield from CLASSES
    for one in objects():
        yield type(one)
        if isinstance(one, type):
            yield one


def library_modules():
    """Names under which a module of torch or triton holds one of the standard library."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ("torch", "triton"):
            for attribute, value in list(vars(module).items()):
                if isinstance(value, types.ModuleType) and value.__name__.partition(".")[0] in sys.stdlib_module_names:
                    yield attribute


def foreign_attributes():
    names = {*library_modules(), *dir(sys)}
    for cls in set(classes()):
        names.update(attributes_of(cls))
    return {name for name in names if not name.startswith("__") and name.isidentifier()}


def table():
    return set(TABLE.read_text().split()) if TABLE.exists() else set()


if __name__ == "__main__":
    present, known = foreign_attributes(), table()
    print(f"{len(present)} attributes here, {len(present - known)} of them not in the table, which has {len(known)}")
    if "--update" in sys.argv:
        TABLE.write_text("".join(name + "\n" for name in sorted(present | known)))
