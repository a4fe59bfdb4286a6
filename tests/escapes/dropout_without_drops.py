# problem: dropout
# expect: wrong
# trick: leaves dropout out, which only training would notice
# defences: rms bound, largest bound
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def sin_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    tl.store(y_ptr + offsets, tl.sin(tl.load(x_ptr + offsets, mask=mask)), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    sin_kernel[(triton.cdiv(x.numel(), 256),)](x, y, x.numel(), BLOCK=256)
    return y
