@triton.jit
def digamma(x):
    """Derivative of log Gamma in float32, through float64: ten steps of the recurrence, the asymptotic series, reflection below 0."""
    y = x.to(tl.float64)
    low = y < 0.0
    z = tl.where(low, 1.0 - y, y)
    total = z * 0.0
    for _ in range(10):
        step = z < 10.0
        total = tl.where(step, total - 1.0 / z, total)
        z = tl.where(step, z + 1.0, z)
    v = 1.0 / (z * z)
    p = 8.33333333333333333333e-2 * v - 2.10927960927960927961e-2
    p = p * v + 7.57575757575757575758e-3
    p = p * v - 4.16666666666666666667e-3
    p = p * v + 3.96825396825396825397e-3
    p = p * v - 8.33333333333333333333e-3
    p = p * v + 8.33333333333333333333e-2
    total = total + tl.log(z) - 0.5 / z - v * p
    angle = 3.14159265358979323846 * (y - round_even(y))
    total = tl.where(low, total - 3.14159265358979323846 * tl.cos(angle) / tl.sin(angle), total)
    total = tl.where(y == float("inf"), y, total)
    pole = low & (y == tl.floor(y))
    out = tl.where(pole, float("nan"), total).to(tl.float32)
    return tl.where(x == 0.0, -copysign(x * 0.0 + float("inf"), x), out)
