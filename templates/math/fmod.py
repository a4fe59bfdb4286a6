@triton.jit
def fmod(x, y):
    """Remainder of x / y with the sign of x, exact: float32 in float64, quotients of 29 bits at a time, so that every product and difference is exact."""
    if x.dtype.is_floating():
        a = tl.abs(x.to(tl.float64))
        b = tl.abs(a * 0.0 + y)
        r = a
        for _ in range(10):
            q = (trunc(r / b).to(tl.int64, bitcast=True) & -16777216).to(tl.float64, bitcast=True)
            r = r - q * b
        r = tl.where(r < 0.0, r + b, r)
        r = tl.where(r >= b, r - b, r)
        r = tl.where(b == float("inf"), a, r)
        r = tl.where((b == 0.0) | (a == float("inf")), float("nan"), r)
        r = tl.where((x != x) | (b != b), float("nan"), r)
        return copysign(r.to(tl.float32), x)
    else:
        return x % y
