@triton.jit
def row_min(x):
    """Smallest element of each row; NaN where the row has one (tl.min drops NaN on CUDA)."""
    has_nan = tl.max((x != x).to(tl.int32), axis=1, keep_dims=True)
    return tl.where(has_nan != 0, float("nan"), tl.min(x, axis=1, keep_dims=True))
