@triton.jit
def integer_power(x, n):
    """x to the whole power n, wrapping around; a negative power is 0 except of 1 and -1, as in PyTorch."""
    left = tl.zeros_like(x) + n
    square = x
    out = tl.zeros_like(x) + 1
    for _ in range(64):
        out = tl.where((left > 0) & ((left & 1) != 0), out * square, out)
        square = square * square
        left = left >> 1
    flips = ((tl.zeros_like(x) + n) & 1) != 0
    unit = tl.where(x == 1, 1, tl.where((x == -1) & flips, -1, tl.where(x == -1, 1, 0)))
    return tl.where((tl.zeros_like(x) + n) < 0, unit, out).to(x.dtype)
