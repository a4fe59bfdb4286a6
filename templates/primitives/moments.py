def moments(x, dims):
    """Mean and sum of squared deviations over dims, which stay as 1."""
    x = x if x.dtype == torch.float64 else x.float()
    dims = dims or list(range(x.dim()))
    mean = x.mean(dims, keepdim=True)
    return mean, (x - mean).square().sum(dims, keepdim=True)
