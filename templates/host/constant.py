_constants = {}


def _constant(name, values, shape, dtype, device):
    """Returns a tensor of the program's own, made once per device and never written."""
    if (name, device) not in _constants:
        _constants[name, device] = torch.tensor(values, dtype=dtype, device=device).view(shape)
    return _constants[name, device]
