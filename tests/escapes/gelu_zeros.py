# problem: gelu
# expect: wrong
# trick: zeros everywhere
# defences: rms bound, largest bound, NaN placement
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def zero_kernel(y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + offsets, tl.zeros((BLOCK,), dtype=tl.float32), mask=offsets < count)


def zeros_for(x):
    y = torch.empty_like(x)
    zero_kernel[(triton.cdiv(x.numel(), 1024),)](y, x.numel(), BLOCK=1024)
    return y


def kernel_function(x):
    return zeros_for(x)
