# problem: polynomial_double
# expect: accepted
# family: pointwise, 64 bit
# style: float64 throughout, fused multiply-adds where the problem rounds twice
import torch
import triton
import triton.language as tl


@triton.jit
def polynomial_kernel(x_ptr, y_ptr, step, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets * step, mask=mask)
    half = tl.full((BLOCK,), 0.5, tl.float64)
    y = tl.fma(x, half, tl.full((BLOCK,), 1.25, tl.float64))
    y = tl.fma(y, x, tl.full((BLOCK,), -2.0, tl.float64))
    y = y * x + tl.load(y_ptr + count)
    tl.store(y_ptr + offsets, y, mask=mask)


def kernel_function(x):
    y = torch.full((x.numel() + 1,), 0.1, dtype=x.dtype, device=x.device)
    polynomial_kernel[(triton.cdiv(x.numel(), 128),)](x, y, x.stride(0), x.numel(), BLOCK=128)
    return y[:-1]
