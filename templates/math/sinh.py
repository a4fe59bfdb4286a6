@triton.jit
def sinh(x):
    """Hyperbolic sine from expm1: (e + e / (e + 1)) / 2, and (exp(|x| / 2))^2 / 2 where exp(|x|) would overflow."""
    size = tl.abs(x)
    e = expm1(size)
    near = 0.5 * (e + tl.math.div_rn(e, e + 1.0))
    root = expm1(0.5 * size) + 1.0
    s = tl.where(size < 80.0, near, (0.5 * root) * root)
    return tl.where(x < 0.0, -s, s)
