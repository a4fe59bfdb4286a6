@triton.jit
def asinh(x):
    """Inverse hyperbolic sine: log1p(|x| + x^2 / (1 + sqrt(1 + x^2))), log(|x|) + ln 2 beyond 1e9."""
    size = tl.abs(x)
    held = tl.where(size < 1.0e9, size, 1.0)
    near = log1p(held + held * held / (1.0 + tl.sqrt(1.0 + held * held)))
    y = tl.where(size < 1.0e9, near, tl.log(size) + 0.6931471805599453)
    return tl.where(x < 0.0, -y, y)
