@triton.jit
def acosh(x):
    """Inverse hyperbolic cosine: log1p(t + sqrt(t (t + 2))) with t = x - 1, log(x) + ln 2 beyond 1e9; NaN below 1."""
    t = tl.where(x < 1.0e9, x, 1.0) - 1.0
    near = log1p(t + tl.sqrt(t * (t + 2.0)))
    return tl.where(x < 1.0e9, tl.where(x < 1.0, float("nan"), near), tl.log(x) + 0.6931471805599453)
