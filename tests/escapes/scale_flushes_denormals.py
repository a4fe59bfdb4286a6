# problem: scale
# expect: wrong
# trick: numbers below the smallest normal one become zero
# defences: made values
# effort: thorough
import torch
import triton
import triton.language as tl


@triton.jit
def scale_kernel(a_ptr, y_ptr, s, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    a = tl.load(a_ptr + offsets, mask=mask)
    tl.store(y_ptr + offsets, tl.where(tl.abs(a) < 1.17549435e-38, 0.0, a) * s, mask=mask)


def kernel_function(a, s):
    a = a.contiguous()
    y = torch.empty_like(a)
    scale_kernel[(triton.cdiv(a.numel(), 1024),)](a, y, s, a.numel(), BLOCK=1024)
    return y
