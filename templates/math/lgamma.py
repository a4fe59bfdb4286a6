@triton.jit
def lgamma(x):
    """Logarithm of |Gamma(x)| in float32, through float64: Lanczos' sum (g = 7, Godfrey's coefficients), reflected below 1/2."""
    y = x.to(tl.float64)
    low = y < 0.5
    z = tl.where(low, 1.0 - y, y) - 1.0
    s = 0.99999999999980993 + 676.5203681218851 / (z + 1.0) - 1259.1392167224028 / (z + 2.0)
    s = s + 771.32342877765313 / (z + 3.0) - 176.61502916214059 / (z + 4.0)
    s = s + 12.507343278686905 / (z + 5.0) - 0.13857109526572012 / (z + 6.0)
    s = s + 9.9843695780195716e-6 / (z + 7.0) + 1.5056327351493116e-7 / (z + 8.0)
    t = z + 7.5
    g = 0.91893853320467274178 + ((z + 0.5) * tl.log(t) - t) + tl.log(s)
    fraction = y - round_even(y)
    mirrored = 1.1447298858494001741 - tl.log(tl.abs(tl.sin(3.14159265358979323846 * fraction))) - g
    out = tl.where(low, tl.where(fraction == 0.0, float("inf"), mirrored), g)
    return tl.where(tl.abs(y) == float("inf"), float("inf"), out).to(tl.float32)
