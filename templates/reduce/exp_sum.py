@triton.jit
def exp_sum(total, largest, now, x):
    """Adds x to a sum of exp(x - largest) while largest grows to now (Milakov, Gimelshein 2018); what has seen -inf only sums up to 0."""
    shift = tl.where(now == float("-inf"), 0.0, now)
    return total * tl.exp(largest - shift) + tl.exp(x - shift)
