# problem: always_zero
# expect: wrong
# trick: writes the zero that the problem gives on every finite input, without looking at the input
# defences: NaN placement
import torch
import triton
import triton.language as tl


@triton.jit
def zero_kernel(y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + offsets, tl.zeros((BLOCK,), dtype=tl.float32), mask=offsets < count)


def kernel_function(x):
    y = torch.empty((x.shape[0], 1), dtype=x.dtype, device=x.device)
    zero_kernel[(triton.cdiv(x.shape[0], 32),)](y, x.shape[0], BLOCK=32)
    return y
