def window(x, dims, kernel, stride, padding, dilation, value, size):
    """Sliding windows over dims: each becomes its number of windows, and one axis of `kernel` elements is appended per dim."""
    for i, dim in enumerate(dims):
        span = (kernel[i] - 1) * dilation[i] + 1
        after = max((size[dim] - 1) * stride[i] + span - padding[i] - x.shape[dim], 0)
        pad = [0, 0] * (x.dim() - 1 - dim) + [padding[i], after]
        x = F.pad(x, pad, value=value).unfold(dim, span, stride[i]).narrow(dim, 0, size[dim])[..., :: dilation[i]]
    return x
