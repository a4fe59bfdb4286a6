@triton.jit
def log1p(x):
    """log(1 + x) without cancellation: u = 1 + x rounded, then log(u) + (x - (u - 1)) / u mends the rounding."""
    u = 1.0 + x
    mended = tl.log(u) + (x - (u - 1.0)) / u
    return tl.where((u == float("inf")) | (u == 0.0), tl.log(u), mended)
