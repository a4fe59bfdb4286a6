@triton.jit
def expm1(x):
    """exp(x) - 1 without cancellation: x = n ln 2 + r, a Chebyshev fit of (exp(r) - 1 - r) / r^2 on |r| <= 0.3467, scaled by 2^n (error about 1 ulp)."""
    held = tl.where(x > 89.0, 89.0, tl.where(x < -25.0, -25.0, x))
    n = tl.floor(held * 1.4426950408889634 + 0.5)
    r = (held - n * 0.693359375) + n * 2.12194440e-4
    p = 0.00019899316337192174 * r + 0.0013933673732931852
    p = p * r + 0.00833331090172597
    p = p * r + 0.04166646471137908
    p = p * r + 0.16666666681647016
    p = p * r + 0.5
    p = p * r * r + r
    half = ((n.to(tl.int32) + 126) << 23).to(tl.float32, bitcast=True)
    return 2.0 * (half * p + (half - 0.5))
