@triton.jit
def join_logs(a, b):
    return logaddexp(a, b)


@triton.jit
def running_logsumexp(x):
    """log of the sum of exponentials so far along each row."""
    return tl.associative_scan(x, 1, join_logs)
