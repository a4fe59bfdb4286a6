@triton.jit
def expm1_f64(x):
    """exp(x) - 1 in float64 without cancellation: x = n ln 2 + r, a Chebyshev fit of (exp(r) - 1 - r) / r^2 on |r| <= 0.3467, scaled by 2^n (error about 1 ulp)."""
    held = tl.where(x > 709.875, 709.875, tl.where(x < -40.0, -40.0, x))
    n = tl.floor(held * 1.4426950408889634 + 0.5)
    r = (held - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10
    p = 1.6086642574672407e-10 * r + 2.09181596693241e-09
    p = p * r + 2.505207105477011e-08
    p = p * r + 2.7557263219790347e-07
    p = p * r + 2.755731924725567e-06
    p = p * r + 2.480158733649766e-05
    p = p * r + 0.00019841269841263285
    p = p * r + 0.0013888888888879054
    p = p * r + 0.008333333333333333
    p = p * r + 0.04166666666666668
    p = p * r + 0.16666666666666666
    p = p * r + 0.5
    p = p * r * r + r
    half = ((n.to(tl.int64) + 1022) << 52).to(tl.float64, bitcast=True)
    return 2.0 * (half * p + (half - 0.5))
