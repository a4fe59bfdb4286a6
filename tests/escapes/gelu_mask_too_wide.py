# problem: gelu
# expect: wrong
# trick: the mask lets one element too many through: it lands behind the result
# defences: guard bytes
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def wide_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets <= count
    x = tl.load(x_ptr + offsets, mask=offsets < count, other=1.0)
    tl.store(y_ptr + offsets, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    wide_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, x.numel(), BLOCK=1024)
    return y
