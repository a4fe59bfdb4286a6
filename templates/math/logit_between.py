@triton.jit
def logit_between(x, low, high):
    """log(p / (1 - p)) of x held between low and high."""
    p = tl.where(x < low, low, tl.where(x > high, high, x))
    return tl.log(quotient(p, 1.0 - p))
