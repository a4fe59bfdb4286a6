@triton.jit
def logaddexp(x, y):
    """log(exp(x) + exp(y)): the larger plus log1p(exp(-|x - y|)); equal infinities are themselves."""
    larger = tl.maximum(x, y, propagate_nan=tl.PropagateNan.ALL)
    return tl.where((x == y) & (tl.abs(x) == float("inf")), x, larger + log1p(tl.exp(-tl.abs(x - y))))
