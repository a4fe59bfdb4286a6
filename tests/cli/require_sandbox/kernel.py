import torch
import triton
import triton.language as tl


@triton.jit
def relu_twice_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + at, mask=at < count)
    tl.store(y_ptr + at, tl.where(x > 0, x * 2, tl.where(x != x, x, 0.0)), mask=at < count)


def kernel_function(x):
    y = torch.empty_strided(x.shape, x.stride(), dtype=x.dtype, device=x.device)
    relu_twice_kernel[(triton.cdiv(x.numel(), 64),)](x, y, x.numel(), BLOCK=64)
    return y
