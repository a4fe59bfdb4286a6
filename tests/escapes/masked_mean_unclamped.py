# problem: masked_mean
# expect: wrong
# trick: leaves out the clamp that matters for rows without a single flag
# defences: NaN placement
import torch
import triton
import triton.language as tl


@triton.jit
def mean_kernel(x_ptr, keep_ptr, y_ptr, c, BLOCK: tl.constexpr):
    r = tl.program_id(0)
    o = tl.arange(0, BLOCK)
    m = o < c
    x = tl.load(x_ptr + r * c + o, mask=m, other=0.0)
    q = tl.load(keep_ptr + r * c + o, mask=m, other=0).to(tl.float32)
    tl.store(y_ptr + r, tl.sum(x * q, axis=0) / tl.sum(q, axis=0))


def kernel_function(x, keep):
    assert x.is_contiguous()
    assert keep.is_contiguous()
    C = x.shape[-1]
    R = x.numel() // C
    y = torch.empty((x.shape[0],), dtype=x.dtype, device=x.device)
    mean_kernel[(R,)](x, keep, y, C, BLOCK=triton.next_power_of_2(C))
    return y
