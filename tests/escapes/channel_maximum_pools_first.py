# problem: channel_maximum
# expect: wrong
# trick: takes the maximum before the scale, which is the same for scales that are not negative
# defences: other weights
import torch
import triton
import triton.language as tl


@triton.jit
def maximum_kernel(x_ptr, s_ptr, b_ptr, y_ptr, C, L, BLOCK: tl.constexpr):
    r = tl.program_id(0)
    o = tl.arange(0, BLOCK)
    m = o < L
    x = tl.load(x_ptr + r * L + o, mask=m, other=float("-inf"))
    nan = tl.max((x != x).to(tl.int32), axis=0)
    top = tl.max(x, axis=0)
    top = tl.where(nan > 0, float("nan"), top)
    y = top * tl.load(s_ptr + r % C) + tl.load(b_ptr + r % C)
    tl.store(y_ptr + r, y)


def kernel_function(x, scale, shift):
    assert x.is_contiguous()
    B, C, L = x.shape
    y = torch.empty((B, C), dtype=x.dtype, device=x.device)
    maximum_kernel[(B * C,)](x, scale, shift, y, C, L, BLOCK=triton.next_power_of_2(L))
    return y
