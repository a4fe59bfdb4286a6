# problem: dropout
# expect: accepted
# family: pointwise
# style: draws with the problem's own random operator, so that the same seed drops the same elements
import torch
import triton
import triton.language as tl


@triton.jit
def sin_dropout(x_ptr, keep_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    keep = tl.load(keep_ptr + offsets, mask=mask)
    y = tl.sin(tl.load(x_ptr + offsets, mask=mask)) * (keep / 0.7)
    tl.store(y_ptr + offsets, y, mask=mask)


def kernel_function(x):
    x = x.contiguous()
    keep = torch.empty_like(x).bernoulli_(0.7)
    y = torch.empty_like(x)
    sin_dropout[(triton.cdiv(x.numel(), 256),)](x, keep, y, x.numel(), BLOCK=256)
    return y
