@triton.jit
def asin(x):
    """Arc sine: Cephes asinf (float32, reduced at 1/2), atan(x / sqrt((1 - x) (1 + x))) in float64; NaN beyond 1."""
    if x.dtype == tl.float64:
        return atan(x / tl.sqrt((1.0 - x) * (1.0 + x)))
    else:
        size = tl.abs(x)
        z = tl.where(size > 0.5, 0.5 * (1.0 - size), size * size)
        root = tl.where(size > 0.5, tl.sqrt_rn(z), size)
        p = 4.2163199048e-2 * z + 2.4181311049e-2
        p = p * z + 4.5470025998e-2
        p = p * z + 7.4953002686e-2
        p = p * z + 1.6666752422e-1
        p = p * z * root + root
        y = tl.where(size > 0.5, 1.5707963267948966 - 2.0 * p, p)
        return tl.where(x < 0.0, -y, y)
