@triton.jit
def larger_of(a, b):
    return tl.maximum(a, b, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def running_max(x):
    """Largest element so far along each row; NaN from a row's first NaN on."""
    return tl.associative_scan(x, 1, larger_of)
