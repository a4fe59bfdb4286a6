def _on_other_device(x):
    """Is x on a CUDA device that is not the current one? Triton launches on the current one."""
    return isinstance(x, torch.Tensor) and x.is_cuda and x.device.index != torch.cuda.current_device()


def _check(name, x, dtype, shape):
    """Raises where x is not a tensor of this dtype and shape."""
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(x).__name__}")
    if x.dtype != dtype or x.shape != shape:
        raise ValueError(f"{name}: expected {dtype} {list(shape)}, got {x.dtype} {list(x.shape)}")


def _expect(name, x, dtype, shape, stride):
    """Returns x, checked, in the layout that the kernels were written for."""
    _check(name, x, dtype, shape)
    return _as_expected(x, shape, stride)
