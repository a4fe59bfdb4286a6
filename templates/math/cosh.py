@triton.jit
def cosh(x):
    """Hyperbolic cosine: (exp(|x|) + exp(-|x|)) / 2, and (exp(|x| / 2))^2 / 2 where exp(|x|) would overflow."""
    size = tl.abs(x)
    e = expm1(size) + 1.0
    root = expm1(0.5 * size) + 1.0
    return tl.where(size < 80.0, 0.5 * e + 0.5 / e, (0.5 * root) * root)
