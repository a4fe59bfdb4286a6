"""What a model remembers from call to call, outside of its parameters and buffers.

Python lets `forward` keep tensors anywhere: in plain attributes, in lists and dictionaries, in objects, in modules that were
never registered, in globals of the file. Tracing must know them all: those that forward changes are state of the program, the others
are constants with a name, and whatever a traced call leaves behind must be put back.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import types
import weakref

import torch

_MODULE_INTERNALS = frozenset(vars(torch.nn.Module()))  # _parameters, _buffers, hooks, training, …
_DEPTH = 4  # how deep attributes are searched
_OPAQUE = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, functools.partial, enum.Enum,
           weakref.ref)

missing = object()
GLOBAL = "global"  # what names of global variables begin with, in place of a submodule's path


@dataclasses.dataclass
class Attribute:
    """A tensor that is neither a registered parameter nor a registered buffer."""

    name: str  # dotted, as a buffer's would be: "cache", "block.masks.0"
    container: object  # the dictionary or list that holds it; None where it cannot be replaced
    key: object
    tensor: torch.Tensor
    slot: int = -1  # which of Flat's tensors stands for it


@dataclasses.dataclass
class Place:
    """A dictionary or list whose entries tracing may change."""

    name: str
    container: object
    internal: frozenset = frozenset()  # keys that are not the user's
    registry: bool = False  # holds registered parameters or buffers
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


class State:
    """Everything that a model and the file it comes from hold, found once. `attributes` are tensors, `places` their holders."""

    def __init__(self, model, file=None):
        self.attributes = []
        self.globals = []  # tensors in the file's global variables, as Attributes
        self.places = []
        self.seen = set()
        self.modules = {id(module) for module in model.modules()}
        self.registered = {id(tensor) for tensor in (*model.parameters(), *model.buffers())}
        self._module("", model, registered=True)
        if file is not None:
            own, self.attributes = self.attributes, []
            self._variables(file)
            self.attributes, self.globals = own, self.attributes

    def _module(self, name, model, registered):
        for prefix, module in model.named_modules(prefix=name):
            self.seen.add(id(module))
            places = [Place(prefix, vars(module), internal=_MODULE_INTERNALS),
                      Place(prefix, module._buffers, registry=registered), Place(prefix, module._parameters, registry=registered)]
            for place in places:
                self._place(place, 0)

    def _variables(self, file):
        hidden = frozenset(name for name, value in vars(file).items() if name.startswith("__") or isinstance(value, _OPAQUE))
        self._place(Place(GLOBAL, vars(file), internal=hidden | {"__warningregistry__"}), 0)

    def _place(self, place, depth):
        self.places.append(place)
        place.before = place.entries()
        for key, value in place.before.items():
            self._search(f"{place.name}.{key}" if place.name else str(key), place.container, key, value, depth)

    def _search(self, name, container, key, value, depth):
        if isinstance(value, torch.Tensor):
            if id(value) not in self.registered:
                self.attributes.append(Attribute(name, container, key, value))
            return
        if isinstance(value, _OPAQUE) or depth >= _DEPTH or id(value) in self.seen or id(value) in self.modules:
            return
        if isinstance(value, torch.nn.Module):  # in a list, or hidden otherwise: nobody else sees its parameters
            self._module(name, value, registered=False)
        elif type(value) in (list, dict):
            self.seen.add(id(value))
            self._place(Place(name, value), depth + 1)
        elif isinstance(value, tuple):
            for index, item in enumerate(value):
                self._search(f"{name}.{index}", None, index, item, depth + 1)
        elif isinstance(getattr(value, "__dict__", None), dict) and not type(value).__module__.startswith("torch"):
            self.seen.add(id(value))
            self._place(Place(name, vars(value)), depth + 1)

    def identities(self):
        """The ids of everything held when the state was found."""
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


def _same(old, new, registered):
    """True if a place holds the same thing as before: containers and numbers by value, weak references always.

    A registered parameter or buffer under a second name is no state of its own (recurrent layers list theirs in every call).
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
