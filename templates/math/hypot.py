@triton.jit
def hypot(x, y):
    """sqrt(x^2 + y^2): float32 in float64, where nothing overflows; float64 scaled by the larger side."""
    infinite = (tl.abs(x) == float("inf")) | (tl.abs(y) == float("inf"))
    if x.dtype == tl.float64:
        larger = tl.maximum(tl.abs(x), tl.abs(y), propagate_nan=tl.PropagateNan.ALL)
        smaller = tl.minimum(tl.abs(x), tl.abs(y), propagate_nan=tl.PropagateNan.ALL)
        ratio = smaller / tl.where(larger == 0.0, 1.0, larger)
        return tl.where(infinite, float("inf"), larger * tl.sqrt(1.0 + ratio * ratio))
    else:
        a = x.to(tl.float64)
        b = y.to(tl.float64)
        return tl.where(infinite, float("inf"), tl.sqrt(a * a + b * b).to(tl.float32))
