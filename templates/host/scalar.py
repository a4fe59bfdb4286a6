def _scalar(name, x, dtype, device):
    """Returns x as a tensor without dimensions; a Python number fills a fresh one."""
    if isinstance(x, (bool, int, float)):
        return torch.full((), x, dtype=dtype, device=device)
    _check(name, x, dtype, ())
    return x
