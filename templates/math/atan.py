@triton.jit
def atan(x):
    """Arc tangent: reduced at tan(pi/8) and tan(3 pi/8), then Cephes atanf (float32) or atan (float64)."""
    size = tl.abs(x)
    if x.dtype == tl.float64:
        far = size > 2.41421356237309504880
        mid = size > 0.66
        held = tl.where(far, -1.0 / size, tl.where(mid, (size - 1.0) / (size + 1.0), size))
        base = tl.where(far, 2.0, tl.where(mid, 1.0, 0.0)).to(tl.float64)
        z = held * held
        p = -8.750608600031904122785e-1 * z - 1.615753718733365076637e1
        p = p * z - 7.500855792314704667340e1
        p = p * z - 1.228866684490136173410e2
        p = p * z - 6.485021904942025371773e1
        q = z + 2.485846490142306297962e1
        q = q * z + 1.650270098316988542046e2
        q = q * z + 4.328810604912902668951e2
        q = q * z + 4.853903996359136964868e2
        q = q * z + 1.945506571482613964425e2
        y = base * 0.78539816339744830962 + (held * (z * p / q) + held + base * 3.0616169978683830e-17)
    else:
        far = size > 2.414213562373095
        mid = size > 0.4142135623730950
        held = tl.where(far, tl.math.div_rn(-1.0, size), tl.where(mid, tl.math.div_rn(size - 1.0, size + 1.0), size))
        base = tl.where(far, 1.5707963267948966, tl.where(mid, 0.7853981633974483, 0.0))
        z = held * held
        p = 8.05374449538e-2 * z - 1.38776856032e-1
        p = p * z + 1.99777106478e-1
        p = p * z - 3.33329491539e-1
        y = base + (p * z * held + held)
    return tl.where(x < 0.0, -y, y)
