@triton.jit
def logaddexp2(x, y):
    """log2(2^x + 2^y): the larger plus log2(1 + 2^-|x - y|); equal infinities are themselves."""
    larger = tl.maximum(x, y, propagate_nan=tl.PropagateNan.ALL)
    return tl.where((x == y) & (tl.abs(x) == float("inf")), x, larger + 1.4426950408889634 * log1p(tl.exp2(-tl.abs(x - y))))
