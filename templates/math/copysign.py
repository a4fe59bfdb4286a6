@triton.jit
def copysign(x, y):
    """The size of x with the sign bit of y."""
    if x.dtype == tl.float64:
        size = x.to(tl.int64, bitcast=True) & 0x7FFFFFFFFFFFFFFF
        return (size | (y.to(tl.int64, bitcast=True) & -0x8000000000000000)).to(tl.float64, bitcast=True)
    else:
        size = x.to(tl.int32, bitcast=True) & 0x7FFFFFFF
        return (size | (y.to(tl.int32, bitcast=True) & -0x80000000)).to(tl.float32, bitcast=True)
