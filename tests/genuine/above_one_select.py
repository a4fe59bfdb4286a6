# problem: above_one
# expect: accepted
# family: pointwise
# style: two branches by tl.where
import torch
import triton
import triton.language as tl


@triton.jit
def select_kernel(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    o = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    m = o < n
    x = tl.load(x_ptr + o, mask=m)
    y = tl.where(x > 1.0, x * 2.0, -x)
    tl.store(y_ptr + o, y, mask=m)


def kernel_function(x):
    x = x.contiguous()
    out = torch.empty_like(x)
    select_kernel[(triton.cdiv(x.numel(), 1024),)](x, out, x.numel(), BLOCK=1024)
    return out
