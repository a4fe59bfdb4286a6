@triton.jit
def erfinv(x):
    """Inverse of erf in float32: Giles' polynomials (GPU Computing Gems, 2011) as a start, then two Newton steps in float64."""
    y = x.to(tl.float64)
    w = -tl.log((1.0 - y) * (1.0 + y))
    a = w - 2.5
    near = 2.81022636e-08 * a + 3.43273939e-07
    near = near * a - 3.5233877e-06
    near = near * a - 4.39150654e-06
    near = near * a + 0.00021858087
    near = near * a - 0.00125372503
    near = near * a - 0.00417768164
    near = near * a + 0.246640727
    near = near * a + 1.50140941
    b = tl.sqrt(tl.where(w < 5.0, 5.0, w)) - 3.0
    far = -0.000200214257 * b + 0.000100950558
    far = far * b + 0.00134934322
    far = far * b - 0.00367342844
    far = far * b + 0.00573950773
    far = far * b - 0.0076224613
    far = far * b + 0.00943887047
    far = far * b + 1.00167406
    far = far * b + 2.83297682
    z = tl.where(w < 5.0, near, far) * y
    z = z - (tl.erf(z) - y) * 0.8862269254527580 * tl.exp(z * z)
    z = z - (tl.erf(z) - y) * 0.8862269254527580 * tl.exp(z * z)
    out = tl.where(tl.abs(y) == 1.0, y * float("inf"), tl.where(tl.abs(y) < 1.0, z, float("nan")))
    return out.to(tl.float32)
