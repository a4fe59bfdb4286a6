@triton.jit
def gelu_tanh(x):
    """GELU by its tanh approximation (Hendrycks and Gimpel, 2016)."""
    return 0.5 * x * (1.0 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))
