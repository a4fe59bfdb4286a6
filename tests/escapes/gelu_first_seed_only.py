# problem: gelu
# expect: wrong
# trick: knows the first inputs by one of their values and computes only for them
# defences: other seeds, made values, other strides
import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, y_ptr, seen_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    known = tl.load(seen_ptr) == tl.load(x_ptr + 1)
    tl.store(y_ptr + offsets, tl.where(known, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)), x), mask=mask)


@triton.jit
def remember_kernel(x_ptr, seen_ptr):
    tl.store(seen_ptr, tl.load(x_ptr + 1))


SEEN = {}


def kernel_function(x):
    x = x.contiguous()
    if "first" not in SEEN:
        SEEN["first"] = torch.empty((1,), dtype=x.dtype, device=x.device)
        remember_kernel[(1,)](x, SEEN["first"])
    y = torch.empty_like(x)
    gelu_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, SEEN["first"], x.numel(), BLOCK=1024)
    return y
