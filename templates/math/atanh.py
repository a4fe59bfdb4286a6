@triton.jit
def atanh(x):
    """Inverse hyperbolic tangent: log1p(2|x| / (1 - |x|)) / 2."""
    size = tl.abs(x)
    y = 0.5 * log1p(quotient(2.0 * size, 1.0 - size))
    return tl.where(x < 0.0, -y, y)
