@triton.jit
def trunc(x):
    """x without its fraction."""
    return tl.where(x < 0.0, tl.ceil(x), tl.floor(x))
