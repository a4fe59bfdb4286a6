@triton.jit
def mish(x):
    """x tanh(log(1 + exp(x))): with e = exp(x), tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2); 1 to the last bit beyond 20."""
    e = tl.exp(x)
    n = e * (e + 2.0)
    return tl.where(x > 20.0, x, x * (n / (n + 2.0)))
