def _expect_in_place(name, x, dtype, shape, stride):
    """Returns x, checked; a kernel writes into it, so that its layout must be the expected one."""
    _check(name, x, dtype, shape)
    if _as_expected(x, shape, stride) is not x:
        raise ValueError(f"{name}: expected strides {stride}, got {x.stride()}")
    return x
