def product(x, dims, keepdim):
    """Product over several dims."""
    for dim in sorted((d % x.dim() for d in dims or range(x.dim())), reverse=True):
        x = x.prod(dim, keepdim=keepdim)
    return x
