def attend(scores, values, safe):
    """The softmax of rows of scores, times a matrix; a row of -inf gives NaN, or zeros where that is `safe`."""
    weights = torch.softmax(scores, -1)
    if safe:
        weights = torch.where((scores == float("-inf")).all(-1, keepdim=True), 0.0, weights)
    return torch.matmul(weights.to(values.dtype), values)
