# problem: channel_maximum
# expect: accepted
# family: reduction
# style: scale and shift of the channel before the maximum, NaN found by a count
import torch
import triton
import triton.language as tl


@triton.jit
def maximum_kernel(x_ptr, s_ptr, b_ptr, y_ptr, C, L, BLOCK: tl.constexpr):
    r = tl.program_id(0)
    o = tl.arange(0, BLOCK)
    m = o < L
    x = tl.load(x_ptr + r * L + o, mask=m, other=0.0)
    scaled = tl.where(m, x * tl.load(s_ptr + r % C) + tl.load(b_ptr + r % C), float("-inf"))
    nan = tl.max((scaled != scaled).to(tl.int32), axis=0)
    tl.store(y_ptr + r, tl.where(nan > 0, float("nan"), tl.max(scaled, axis=0)))


def kernel_function(x, scale, shift):
    x = x.contiguous()
    B, C, L = x.shape
    y = torch.empty((B, C), dtype=x.dtype, device=x.device)
    maximum_kernel[(B * C,)](x, scale, shift, y, C, L, BLOCK=triton.next_power_of_2(L))
    return y
