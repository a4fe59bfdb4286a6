# problem: gelu
# expect: wrong
# trick: keeps a copy of the first inputs and computes from it ever after
# defences: made values
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    tl.store(y_ptr + offsets, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)), mask=mask)


def honest(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    gelu_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, x.numel(), BLOCK=1024)
    return y


KEPT = {}


def kernel_function(x):
    if "x" not in KEPT:
        KEPT["x"] = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        return honest(x)
    if "full" not in KEPT:
        KEPT["x"].copy_(x)
        KEPT["full"] = True
    return honest(KEPT["x"])
