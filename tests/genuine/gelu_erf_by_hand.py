# problem: gelu
# expect: accepted
# family: pointwise
# style: the error function by a Chebyshev fit of a few ulp instead of tl.math.erf
import torch
import triton
import triton.language as tl


@triton.jit
def erfc_positive(x):
    t = 1.0 / (1.0 + 0.5 * x)
    p = 0.17087277
    p = -0.82215223 + t * p
    p = 1.48851587 + t * p
    p = -1.13520398 + t * p
    p = 0.27886807 + t * p
    p = -0.18628806 + t * p
    p = 0.09678418 + t * p
    p = 0.37409196 + t * p
    p = 1.00002368 + t * p
    return t * tl.exp(-x * x - 1.26551223 + t * p)


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    tail = 0.5 * erfc_positive(tl.abs(x) * 0.7071067811865476)
    y = tl.where(x > 0.0, x - x * tail, x * tail)
    tl.store(y_ptr + offsets, y, mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    gelu_kernel[(triton.cdiv(x.numel(), 256),)](x, y, x.numel(), BLOCK=256)
    return y
