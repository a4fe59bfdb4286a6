# problem: wide_row_maximum
# expect: accepted
# family: reduction
# style: one program for each long row, NaN looked for beside the maximum
import torch
import triton
import triton.language as tl


@triton.jit
def maximum_kernel(x_ptr, y_ptr, c, BLOCK: tl.constexpr):
    r = tl.program_id(0)
    o = tl.arange(0, BLOCK)
    m = o < c
    x = tl.load(x_ptr + r * c + o, mask=m, other=0.0)
    nan = tl.max((m & (x != x)).to(tl.int32), axis=0)
    top = tl.max(tl.where(m & (x == x), x, float("-inf")), axis=0)
    tl.store(y_ptr + r, tl.where(nan > 0, float("nan"), top))


def kernel_function(x):
    x = x.contiguous()
    C = x.shape[-1]
    R = x.numel() // C
    y = torch.empty((x.shape[0],), dtype=x.dtype, device=x.device)
    maximum_kernel[(R,)](x, y, C, BLOCK=triton.next_power_of_2(C))
    return y
