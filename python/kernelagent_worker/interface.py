"""What goes into a model and what comes out of it, as flat lists of tensors.

`torch.export` traces functions of tensors. A problem's `forward` takes numbers, None and nested containers, returns
dictionaries and dataclasses, and keeps tensors in plain attributes. `Flat` is the module between the two: its forward takes
only tensors and returns only tensors, and remembers how they nest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect

import torch

from kernelagent_worker.protocol import Failure
from kernelagent_worker.standins import Standins
from kernelagent_worker.state import State

_SCALARS = {bool: torch.bool, int: torch.int64, float: torch.float64}


@dataclasses.dataclass
class Leaf:
    """One user input: a tensor, a Python number, or something that only Python can use."""

    kind: str  # "tensor", "scalar" or "literal"
    name: str
    value: object
    baked: bool = False
    slot: int = -1  # which of Flat's tensors it is; -1 for what is passed as it is

    @property
    def scalar_type(self):
        return type(self.value).__name__ if self.kind == "scalar" else _literal_type(self.value)


def _literal_type(value):
    return "none" if value is None else "str" if isinstance(value, str) else "object"


class Inputs:
    """The arguments of one call of `forward`, flattened. Rebuilds them around other tensors."""

    def __init__(self, model, arguments):
        self.leaves = []
        self.arguments = arguments
        names = _parameter_names(model, len(arguments))
        self.skeleton = [self._flatten(name, value) for name, value in zip(names, arguments)]

    def _flatten(self, name, value):
        """Returns a function that rebuilds `value` from a list of the leaves' values."""
        if isinstance(value, dict):
            parts = {key: self._flatten(f"{name}.{key}", item) for key, item in value.items()}
            return lambda values: {key: part(values) for key, part in parts.items()}
        if isinstance(value, (list, tuple)):
            parts = [self._flatten(f"{name}.{index}", item) for index, item in enumerate(value)]
            if hasattr(value, "_fields"):
                return lambda values: type(value)(*(part(values) for part in parts))
            return lambda values: type(value)(part(values) for part in parts)
        kind = "tensor" if isinstance(value, torch.Tensor) else "scalar" if type(value) in _SCALARS else "literal"
        index = len(self.leaves)
        self.leaves.append(Leaf(kind, name, value, baked=kind == "literal"))
        return lambda values: values[index]

    def rebuild(self, tensors):
        """Returns the arguments with leaves replaced by their slots' tensors."""
        values = [leaf.value if leaf.slot < 0 else tensors[leaf.slot] for leaf in self.leaves]
        return [part(values) for part in self.skeleton]


def _parameter_names(model, count):
    """Names the first `count` positional arguments of `forward`; those of *args are "args.0", "args.1", …"""
    try:
        parameters = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError):
        parameters = ()
    names, rest = [], "args"
    for parameter in parameters:
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            names.append(parameter.name)
        elif parameter.kind == parameter.VAR_POSITIONAL:
            rest = parameter.name
    return names[:count] + [f"{rest}.{index}" for index in range(count - len(names))]


def scalar_tensor(leaf, mode):
    """Returns a fake 0-d tensor for a Python number; being fake, it hides the value, so nothing can bake it unseen."""
    with mode:
        return torch.empty((), dtype=_SCALARS[type(leaf.value)])


class Flat(torch.nn.Module):
    """Calls a model with tensors only. `record` tells what the last call did."""

    def __init__(self, model, file, inputs, attributes):
        super().__init__()
        self.model = model
        # Held where export's watch over module attributes does not look into them.
        self.__dict__["_call"] = _Call(inputs, attributes, file)

    @property
    def call(self):
        return self.__dict__["_call"]

    def forward(self, *tensors):
        call = self.call
        for attribute in call.attributes:
            attribute.container[attribute.key] = tensors[attribute.slot]
        state = State(self.model, call.file)
        try:
            with _plain_buffer_assignment(), Standins():
                result = self.model(*call.inputs.rebuild(tensors))
        finally:
            changes = state.restore()
            for attribute in call.attributes:
                attribute.container[attribute.key] = attribute.tensor
        outputs = []
        call.tree = flatten_outputs(result, outputs)
        call.output_count = len(outputs)
        if not outputs:
            raise Failure("untraceable", "forward returns no tensor")
        call.replaced, call.other_changes = [], {}
        kinds = {**{name: "buffer" for name, _ in self.model.named_buffers()},
                 **{attribute.name: "attribute" for attribute in call.attributes}}
        for name, (before, after) in changes.items():
            if name in kinds and isinstance(after, torch.Tensor):
                if (before.shape, before.dtype) != (after.shape, after.dtype):
                    raise Failure("untraceable", f"self.{name} changes from {_type(before)} to {_type(after)} in forward: "
                                  "a second call would be another program")
                call.replaced.append((kinds[name], name))
                outputs.append(after)
            else:
                call.other_changes[name] = (before, after)
        return tuple(outputs)


def _type(tensor):
    return f"{str(tensor.dtype).removeprefix('torch.')}{list(tensor.shape)}"


@contextlib.contextmanager
def _plain_buffer_assignment():
    """Switches off the hook with which export follows assigned buffers: it knows those of the outermost module only."""
    hooks = getattr(torch.nn.modules.module, "_global_buffer_registration_hooks", {})
    saved = dict(hooks)
    hooks.clear()
    try:
        yield
    finally:
        hooks.update(saved)


class _Call:
    """What Flat was given and what its last call did."""

    def __init__(self, inputs, attributes, file):
        self.inputs = inputs
        self.attributes = attributes
        self.file = file  # the problem's Python module
        self.tree = None
        self.output_count = 0  # user outputs; the rest of Flat's outputs are the new values of `replaced`
        self.replaced = []  # (kind, name) of attributes and buffers that forward assigned
        self.other_changes = {}  # {name: (before, after)}: state that is not a tensor before and after the call


def flatten_outputs(value, outputs):
    """Appends the tensors in `value` to `outputs` and returns the output tree (docs/PROTOCOL.md, "Graph")."""
    if isinstance(value, torch.Tensor):
        outputs.append(value)
        return {"output": len(outputs) - 1}
    if value is None:
        return {"none": True}
    if type(value) in (bool, int, float, str):
        return {"literal": value}
    if isinstance(value, dict):
        return {"dict": [[_key(key), flatten_outputs(item, outputs)] for key, item in value.items()]}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {"object": type(value).__name__,
                "fields": [[name, flatten_outputs(item, outputs)] for name, item in zip(value._fields, value)]}
    if isinstance(value, (list, tuple)):
        return {"list" if isinstance(value, list) else "tuple": [flatten_outputs(item, outputs) for item in value]}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
        return {"object": type(value).__name__, "fields": [[name, flatten_outputs(item, outputs)] for name, item in fields]}
    if isinstance(value, (torch.SymInt, torch.SymFloat, torch.SymBool)):
        raise Failure("untraceable", "forward returns a Python number computed from a tensor (.item())")
    raise Failure("untraceable", f"forward returns a {type(value).__name__}, which is neither a tensor nor a container of them")


def _key(key):
    return key if isinstance(key, (str, int)) else str(key)
