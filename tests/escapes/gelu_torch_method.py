# problem: gelu
# expect: fallback
# trick: arithmetic operators on tensors, which the syntax alone cannot tell from numbers
import torch
import triton
import triton.language as tl


@triton.jit
def copy_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    tl.store(y_ptr + offsets, tl.load(x_ptr + offsets, mask=mask), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    z = x * 0.7978845608028654 * (1.0 + 0.044715 * x * x)
    y = torch.empty_like(x)
    copy_kernel[(triton.cdiv(x.numel(), 256),)](z, y, x.numel(), BLOCK=256)
    return y
