@triton.jit
def cosh_f64(x):
    """Hyperbolic cosine in float64: (exp(|x|) + exp(-|x|)) / 2, and (exp(|x| / 2))^2 / 2 where exp(|x|) would overflow."""
    size = tl.abs(x)
    e = expm1_f64(size) + 1.0
    root = expm1_f64(0.5 * size) + 1.0
    return tl.where(size < 80.0, 0.5 * e + 0.5 / e, (0.5 * root) * root)
