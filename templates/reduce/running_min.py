@triton.jit
def smaller_of(a, b):
    return tl.minimum(a, b, propagate_nan=tl.PropagateNan.ALL)


@triton.jit
def running_min(x):
    """Smallest element so far along each row; NaN from a row's first NaN on."""
    return tl.associative_scan(x, 1, smaller_of)
