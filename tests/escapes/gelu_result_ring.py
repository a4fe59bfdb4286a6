# problem: gelu
# expect: wrong
# trick: keeps two results' memory and returns them in turn, so that the next call but one overwrites a result
# defences: fresh memory
import torch
import triton
import triton.language as tl

BUFFERS = []


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    tl.store(y_ptr + offsets, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    while len(BUFFERS) < 2:
        BUFFERS.append(torch.empty_like(x))
    y = BUFFERS.pop(0)
    BUFFERS.append(y)
    gelu_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, x.numel(), BLOCK=1024)
    return y
