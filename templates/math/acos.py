@triton.jit
def acos(x):
    """Arc cosine: from asin of the half angle near 1 and -1 (Cephes acosf), 2 atan(sqrt((1 - x) / (1 + x))) in float64; NaN beyond 1."""
    if x.dtype == tl.float64:
        return 2.0 * atan(tl.sqrt((1.0 - x) / (1.0 + x)))
    else:
        size = tl.abs(x)
        edge = 2.0 * asin(tl.sqrt_rn(0.5 * (1.0 - size)))
        return tl.where(size > 0.5, tl.where(x < 0.0, 3.141592653589793 - edge, edge), 1.5707963267948966 - asin(x))
