@triton.jit
def row_argmin(x, position):
    """First position of each row's smallest element; a NaN counts as the smallest, as in PyTorch."""
    best = tl.min(x, axis=1, keep_dims=True)
    has_nan = tl.max((x != x).to(tl.int32), axis=1, keep_dims=True)
    chosen = tl.where(has_nan != 0, x != x, x == best)
    return tl.min(tl.where(chosen, position, 2147483647), axis=1, keep_dims=True)
