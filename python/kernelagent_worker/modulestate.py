"""The tensors a module holds: parameters, buffers and plain attributes, by their dotted names.

A plain attribute (`self.hidden = torch.zeros(…)`) is state like any other: forward may read and replace it, it must start
every run from the same value, and `Module.double()` does not see it.
"""

from __future__ import annotations

import torch


def tensors_of(module):
    """Returns {name: (kind, tensor)}: parameters, then buffers, then attributes, in definition order, shared ones once."""
    found = {}
    for name, parameter in module.named_parameters():
        found[name] = ("parameter", parameter)
    for name, buffer in module.named_buffers():
        found[name] = ("buffer", buffer)
    for prefix, child in module.named_modules():
        for name, value in vars(child).items():
            if isinstance(value, torch.Tensor):
                found[f"{prefix}.{name}" if prefix else name] = ("attribute", value)
    return found


def owner_of(module, name):
    """Returns the submodule that holds `name`, and its last part."""
    path, _, last = name.rpartition(".")
    return (module.get_submodule(path) if path else module), last


def load(module, values):
    """Copies values into the module's own tensors, in place where it can, so that version counters move.

    Names the module does not have are left out. An attribute that forward replaced gets a tensor of its own again.
    """
    for name, (kind, tensor) in tensors_of(module).items():
        value = values.get(name)
        if value is None:
            continue
        if kind != "attribute" or (tensor.shape == value.shape and tensor.dtype == value.dtype):
            tensor.copy_(value)
        else:
            holder, last = owner_of(module, name)
            setattr(holder, last, value.to(tensor.dtype, copy=True))


def current(module, name):
    """Returns the tensor the module holds under `name` now, or None."""
    try:
        holder, last = owner_of(module, name)
    except AttributeError:
        return None
    value = getattr(holder, last, None)
    return value if isinstance(value, torch.Tensor) else None


def to_device(module, device):
    """Moves everything, plain attributes too."""
    module.to(device)
    _convert_attributes(module, lambda tensor: tensor.to(device))


def to_float64(module):
    """Converts every floating tensor to float64, plain attributes too."""
    module.double()
    _convert_attributes(module, lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)


def _convert_attributes(module, convert):
    for child in module.modules():
        for name, value in vars(child).items():
            if isinstance(value, torch.Tensor):
                setattr(child, name, convert(value))


class Snapshot:
    """The plain attributes of a module and its submodules, to be put back before every run."""

    _REGISTRIES = ("_parameters", "_buffers", "_modules")

    def __init__(self, module):
        self._kept = [(child, self._plain(child)) for child in module.modules()]

    def restore(self):
        for child, kept in self._kept:
            fields = vars(child)
            for name in [name for name in self._plain(child) if name not in kept]:
                del fields[name]
            fields.update(kept)

    def _plain(self, child):
        return {name: value for name, value in vars(child).items() if name not in self._REGISTRIES}
