@triton.jit
def floor_divide(x, y):
    """x / y rounded down, as PyTorch has it: from the exact remainder, so that it agrees with `remainder`."""
    if x.dtype.is_floating():
        b = tl.zeros_like(x) + y
        r = fmod(x, b)
        q = tl.math.div_rn(x - r, b)
        q = tl.where((r != 0.0) & ((r < 0.0) != (b < 0.0)), q - 1.0, q)
        down = tl.floor(q)
        down = tl.where(q - down > 0.5, down + 1.0, down)
        straight = tl.math.div_rn(x, y)
        return tl.where(b == 0.0, straight, tl.where(q == 0.0, copysign(q, straight), down))
    else:
        q = x // y
        return tl.where((q * y != x) & ((x < 0) != (y < 0)), q - 1, q)
