# problem: neighbours
# expect: wrong
# trick: reads one element behind the input, where there happens to be a zero
# defences: NaN placement, known memory
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def neighbours_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    tl.store(y_ptr + offsets, tl.load(x_ptr + offsets, mask=mask) + tl.load(x_ptr + offsets + 1, mask=mask), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    neighbours_kernel[(triton.cdiv(x.numel(), 512),)](x, y, x.numel(), BLOCK=512)
    return y
