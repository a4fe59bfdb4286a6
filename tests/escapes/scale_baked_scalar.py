# problem: scale
# expect: wrong
# trick: the problem's own scalar written into the kernel
# defences: scalar variation
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def scale_kernel(a_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    a = tl.load(a_ptr + offsets, mask=offsets < count)
    tl.store(y_ptr + offsets, a * 3.14, mask=offsets < count)


def kernel_function(a, s):
    a = a.contiguous()
    y = torch.empty_like(a)
    scale_kernel[(triton.cdiv(a.numel(), 128),)](a, y, a.numel(), BLOCK=128)
    return y
