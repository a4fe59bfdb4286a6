@triton.jit
def power(x, y):
    """x to the power y in float32, through float64: exp2(y log2 |x|), the sign from a whole odd y; 0^0 and 1^NaN are 1, as in C."""
    a = x.to(tl.float64)
    b = tl.zeros_like(a) + y
    size = tl.abs(a)
    p = tl.exp2(b * tl.log2(size))
    p = tl.where((size == 1.0) & (b == b), 1.0, p)
    whole = b == tl.floor(b)
    odd = whole & (0.5 * b != tl.floor(0.5 * b))
    p = tl.where((a < 0.0) & (size < float("inf")), tl.where(whole, tl.where(odd, -p, p), float("nan")), p)
    p = tl.where((a < 0.0) & (size == float("inf")) & odd, -p, p)
    p = tl.where((b == 0.0) | (a == 1.0), 1.0, p).to(tl.float32)
    negative_zero = (x == 0.0) & (x.to(tl.int32, bitcast=True) < 0) & odd
    return tl.where(negative_zero, -p, p)
