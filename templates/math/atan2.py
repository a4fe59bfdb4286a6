@triton.jit
def atan2(y, x):
    """Angle of the point (x, y): arc tangent of the smaller over the larger side, moved to its octant; signed zeros and infinities as in C."""
    up = tl.abs(y)
    across = tl.abs(x)
    larger = tl.maximum(up, across)
    smaller = tl.minimum(up, across)
    ratio = tl.where(smaller == larger, tl.where(larger == 0.0, 0.0, 1.0).to(x.dtype), quotient(smaller, larger))
    angle = atan(ratio)
    angle = tl.where(up > across, 1.5707963267948966 - angle, angle)
    angle = tl.where(copysign(angle * 0.0 + 1.0, x) < 0.0, 3.141592653589793 - angle, angle)
    return tl.where((x != x) | (y != y), x + y, copysign(angle, y))
