@triton.jit
def remainder(x, y):
    """Remainder of x / y with the sign of y, as Python and PyTorch have it."""
    r = fmod(x, y)
    return tl.where((r != 0) & ((r < 0) != (y < 0)), r + y, r)
