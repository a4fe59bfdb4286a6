@triton.jit
def round_even(x):
    """x to the nearest whole number, halves to even: adding and taking away 2^(mantissa bits) drops the fraction of |x|."""
    size = tl.abs(x)
    if x.dtype == tl.float64:
        whole = (size + 4503599627370496.0) - 4503599627370496.0
        whole = tl.where(size < 4503599627370496.0, whole, size)
    else:
        whole = (size + 8388608.0) - 8388608.0
        whole = tl.where(size < 8388608.0, whole, size)
    return tl.where(x < 0.0, -whole, whole)
