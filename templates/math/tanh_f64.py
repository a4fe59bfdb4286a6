@triton.jit
def tanh_f64(x):
    """Hyperbolic tangent in float64: e / (e + 2) with e = exp(2|x|) - 1."""
    e = expm1_f64(2.0 * tl.where(tl.abs(x) > 20.0, 20.0, tl.abs(x)))
    return tl.where(x < 0.0, -e / (e + 2.0), e / (e + 2.0))
