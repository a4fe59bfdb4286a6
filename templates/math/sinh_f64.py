@triton.jit
def sinh_f64(x):
    """Hyperbolic sine in float64 from expm1: (e + e / (e + 1)) / 2, and (exp(|x| / 2))^2 / 2 where exp(|x|) would overflow."""
    size = tl.abs(x)
    e = expm1_f64(size)
    root = expm1_f64(0.5 * size) + 1.0
    s = tl.where(size < 80.0, 0.5 * (e + e / (e + 1.0)), (0.5 * root) * root)
    return tl.where(x < 0.0, -s, s)
