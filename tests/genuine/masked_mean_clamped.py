# problem: masked_mean
# expect: accepted
# family: reduction
# style: flags widened and counted in the same pass
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
    tl.store(y_ptr + r, tl.sum(x * q, axis=0) / tl.maximum(tl.sum(q, axis=0), 1.0))


def kernel_function(x, keep):
    x, keep = x.contiguous(), keep.contiguous()
    C = x.shape[-1]
    R = x.numel() // C
    y = torch.empty((x.shape[0],), dtype=x.dtype, device=x.device)
    mean_kernel[(R,)](x, keep, y, C, BLOCK=triton.next_power_of_2(C))
    return y
