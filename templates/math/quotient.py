@triton.jit
def quotient(x, y):
    """x / y rounded once (IEEE), as PyTorch divides; `/` on float32 is approximate on the GPU."""
    if x.dtype == tl.float64:
        return x / y
    else:
        return tl.math.div_rn(x, y)
