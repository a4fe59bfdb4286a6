"""What goes into a model and what comes out of it, as flat lists of tensors.

`torch.export` traces functions of tensors. A problem's `forward` takes numbers, None and nested containers, returns
dictionaries and dataclasses, and keeps tensors in plain attributes. `Flat` is the module between the two: its forward takes
only tensors and returns only tensors, and remembers how they nest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import weakref

import torch

from kernelagent_worker.protocol import Failure
from kernelagent_worker.standins import Standins

_SCALARS = {bool: torch.bool, int: torch.int64, float: torch.float64}
_MODULE_INTERNALS = frozenset(vars(torch.nn.Module()))  # _parameters, _buffers, hooks, training, …
_DEPTH = 4  # how deep plain attributes are searched for tensors in lists and dicts


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


@dataclasses.dataclass
class Attribute:
    """A tensor in a plain attribute of a submodule, or in a list or dict that one holds."""

    name: str  # dotted, as a buffer's would be
    container: object  # the submodule's __dict__, a list or a dict
    key: object
    tensor: torch.Tensor
    slot: int = -1


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


def attributes_of(model):
    """Returns the tensors in plain attributes that forward could read or replace, shared ones as often as they occur."""
    registered = {id(tensor) for tensor in (*model.parameters(), *model.buffers())}
    found = []

    def search(name, container, key, value, depth):
        if isinstance(value, torch.Tensor):
            if id(value) not in registered:
                found.append(Attribute(name, container, key, value))
        elif depth < _DEPTH and type(value) is list:
            for index, item in enumerate(value):
                search(f"{name}.{index}", value, index, item, depth + 1)
        elif depth < _DEPTH and type(value) is dict:
            for entry, item in value.items():
                search(f"{name}.{entry}", value, entry, item, depth + 1)

    for prefix, module in model.named_modules():
        for key, value in vars(module).items():
            if key not in _MODULE_INTERNALS:
                search(f"{prefix}.{key}" if prefix else key, vars(module), key, value, 0)
    return found


@dataclasses.dataclass
class Place:
    """A dictionary or list whose entries a Snapshot remembers."""

    name: str
    container: object
    internal: frozenset = frozenset()  # keys that are not the user's
    registry: bool = False  # holds parameters or buffers
    before: dict = None

    def entries(self):
        items = self.container.items() if isinstance(self.container, dict) else enumerate(self.container)
        return {key: value for key, value in items if key not in self.internal}

    def restore(self, after):
        if isinstance(self.container, list):
            self.container[:] = self.before.values()
            return
        for key in after.keys() - self.before.keys():
            del self.container[key]
        self.container.update(self.before)


class Snapshot:
    """What a model holds in attributes, buffers and parameters, so that a traced call can be undone and its changes told."""

    def __init__(self, model):
        self.places = []
        self.registered = {id(tensor) for tensor in (*model.parameters(), *model.buffers())}
        for prefix, module in model.named_modules():
            attributes = Place(prefix, vars(module), internal=_MODULE_INTERNALS)
            self.places += [attributes, Place(prefix, module._buffers, registry=True), Place(prefix, module._parameters, registry=True)]
            for key, value in attributes.entries().items():
                self._search(f"{prefix}.{key}" if prefix else key, value, 0)
        for place in self.places:
            place.before = place.entries()

    def _search(self, name, value, depth):
        if depth < _DEPTH and type(value) in (list, dict):
            place = Place(name, value)
            self.places.append(place)
            for key, item in place.entries().items():
                self._search(f"{name}.{key}", item, depth + 1)

    def identities(self):
        """The ids of everything held when the snapshot was made."""
        return {id(value) for place in self.places for value in place.before.values()}

    def now(self):
        """Returns everything held now in the same places."""
        return [value for place in self.places for value in place.entries().values()]

    def restore(self):
        """Puts everything back and returns {name: (before, after)} of what had changed; absent things are `missing`."""
        changes = {}
        for place in self.places:
            after = place.entries()
            known = () if place.registry else self.registered
            for key in [*place.before, *(key for key in after if key not in place.before)]:
                old, new = place.before.get(key, missing), after.get(key, missing)
                if not _same(old, new, known):
                    changes[f"{place.name}.{key}" if place.name else str(key)] = (old, new)
            place.restore(after)
        return changes


missing = object()


def _same(old, new, registered):
    """True if a place holds the same thing as before: containers and numbers by value, weak references always.

    A parameter or buffer under a second name is no state of its own (recurrent layers list theirs again in every call).
    """
    if old is new:
        return True
    if type(old) is list and type(new) is list or type(old) is tuple and type(new) is tuple:
        return len(old) == len(new) and all(_same(*pair, registered) for pair in zip(old, new))
    if type(old) is dict and type(new) is dict:
        return old.keys() == new.keys() and all(_same(old[key], new[key], registered) for key in old)
    if isinstance(new, torch.Tensor):
        return id(new) in registered and isinstance(old, torch.Tensor) and old.shape == new.shape
    return type(old) is type(new) and (isinstance(old, weakref.ref)
                                       or isinstance(old, (bool, int, float, str, bytes)) and old == new)


class Flat(torch.nn.Module):
    """Calls a model with tensors only. `record` tells what the last call did."""

    def __init__(self, model, inputs, attributes):
        super().__init__()
        self.model = model
        # Held where export's watch over module attributes does not look into them.
        self.__dict__["_call"] = _Call(inputs, attributes)

    @property
    def call(self):
        return self.__dict__["_call"]

    def forward(self, *tensors):
        call = self.call
        for attribute in call.attributes:
            attribute.container[attribute.key] = tensors[attribute.slot]
        snapshot = Snapshot(self.model)
        try:
            with _plain_buffer_assignment(), Standins():
                result = self.model(*call.inputs.rebuild(tensors))
        finally:
            changes = snapshot.restore()
            for attribute in call.attributes:
                attribute.container[attribute.key] = attribute.tensor
        outputs = []
        call.tree = flatten_outputs(result, outputs)
        call.output_count = len(outputs)
        if not outputs:
            raise Failure("untraceable", "forward returns no tensor")
        call.replaced, call.other_changes = [], {}
        state = {attribute.name for attribute in call.attributes} | {name for name, _ in self.model.named_buffers()}
        for name, (before, after) in changes.items():
            if name in state and isinstance(after, torch.Tensor):
                if (before.shape, before.dtype) != (after.shape, after.dtype):
                    raise Failure("untraceable", f"self.{name} changes from {_type(before)} to {_type(after)} in forward: "
                                  "a second call would be another program")
                call.replaced.append(name)
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

    def __init__(self, inputs, attributes):
        self.inputs = inputs
        self.attributes = attributes
        self.tree = None
        self.output_count = 0  # user outputs; the rest of Flat's outputs are the new values of `replaced`
        self.replaced = []  # names of attributes and buffers that forward assigned
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
