# problem: scale
# expect: accepted
# family: pointwise
# style: a Python number as an argument, an output that keeps the input's strides
import torch
import triton
import triton.language as tl


@triton.jit
def scale_kernel(a_ptr, y_ptr, s, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(a_ptr + offsets, mask=offsets < count)
    tl.store(y_ptr + offsets, a * s, mask=offsets < count)


def kernel_function(a, s):
    a = a.contiguous()
    y = torch.empty_like(a)
    scale_kernel[(triton.cdiv(a.numel(), 128),)](a, y, s, a.numel(), BLOCK=128)
    return y
