# problem: wide_row_maximum
# expect: wrong
# trick: loses NaN, which shows only where no infinity stands in the same row
# defences: NaN placement
import torch
import triton
import triton.language as tl


@triton.jit
def maximum_kernel(x_ptr, y_ptr, c, BLOCK: tl.constexpr):
    r = tl.program_id(0)
    o = tl.arange(0, BLOCK)
    m = o < c
    x = tl.load(x_ptr + r * c + o, mask=m, other=0.0)
    v = tl.where(m & (x == x), x, float('-inf'))
    tl.store(y_ptr + r, tl.max(v, axis=0))


def kernel_function(x):
    assert x.is_contiguous()
    C = x.shape[-1]
    R = x.numel() // C
    y = torch.empty((x.shape[0],), dtype=x.dtype, device=x.device)
    maximum_kernel[(R,)](x, y, C, BLOCK=triton.next_power_of_2(C))
    return y
