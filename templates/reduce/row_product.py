@triton.jit
def multiply(a, b):
    return a * b


@triton.jit
def row_product(x):
    """Product of each row."""
    return tl.reduce(x, 1, multiply, keep_dims=True)
