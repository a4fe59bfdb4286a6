@triton.jit
def row_argmax(x, position):
    """First position of each row's largest element; a NaN counts as the largest, as in PyTorch."""
    best = tl.max(x, axis=1, keep_dims=True)
    has_nan = tl.max((x != x).to(tl.int32), axis=1, keep_dims=True)
    chosen = tl.where(has_nan != 0, x != x, x == best)
    return tl.min(tl.where(chosen, position, 2147483647), axis=1, keep_dims=True)
