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
    keep = tl.load(keep_ptr + offsets, mask=mask).to(tl.float32)
    x = tl.load(x_ptr + offsets, mask=mask)
    sine = tl.where(tl.abs(x) < 1e-4, x, tl.sin(x))  # a GPU's sine takes denormal numbers for zero
    y = sine * (keep / 0.7)
    tl.store(y_ptr + offsets, y, mask=mask)


def kernel_function(x):
    # PyTorch's dropout draws with one operator on the CPU and with another on a GPU.
    if x.is_cuda:
        _, keep = torch.native_dropout(torch.ones_like(x), 0.3, True)
    else:
        keep = torch.empty_like(x).bernoulli_(0.7)
    y = torch.empty_like(x)
    assert x.stride() == keep.stride() == y.stride(), "one order of elements in memory"
    sin_dropout[(triton.cdiv(x.numel(), 256),)](x, keep, y, x.numel(), BLOCK=256)
    return y
