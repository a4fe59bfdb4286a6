# problem: gelu_tanh_half
# expect: accepted
# family: pointwise, 16 bit
# style: half-precision input, tanh form of gelu written as x times a sigmoid, float32 inside
import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask).to(tl.float32)
    inner = 0.7978845608028654 * x * (1.0 + 0.044715 * x * x)
    tl.store(y_ptr + offsets, (x * tl.sigmoid(2.0 * inner)).to(y_ptr.dtype.element_ty), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    gelu_kernel[(triton.cdiv(x.numel(), 256),)](x, y, x.numel(), BLOCK=256)
    return y
