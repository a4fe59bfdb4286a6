@triton.jit
def erfc(x):
    """1 - erf(x) in float32, through float64: exp(-x^2) times a Chebyshev fit of erfcx(|x|) (1 + 2|x|) in (|x| - 4) / (|x| + 4)."""
    y = x.to(tl.float64)
    size = tl.abs(y)
    held = tl.where(size > 11.0, 11.0, size)
    t = (held - 4.0) / (held + 4.0)
    p = 8.988720457554115e-05 * t - 0.00033916778843843734
    p = p * t - 0.0008071551753261303
    p = p * t + 0.00509394220809932
    p = p * t - 0.016156469703912713
    p = p * t + 0.03715919524373238
    p = p * t - 0.06633988384131533
    p = p * t + 0.09373301427143942
    p = p * t - 0.10103817757095751
    p = p * t + 0.06809707505355217
    p = p * t + 0.015379622201310499
    p = p * t - 0.13962111731636637
    p = p * t + 1.2329951187910768
    tail = tl.exp(-held * held) * p / (1.0 + 2.0 * held)
    return tl.where(y < 0.0, 2.0 - tail, tail).to(tl.float32)
