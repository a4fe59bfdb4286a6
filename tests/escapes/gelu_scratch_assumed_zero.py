# problem: gelu
# expect: fallback
# on cuda: wrong
# trick: adds scratch memory that it never wrote: large allocations happen to be zero
# defences: poison
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def gelu_kernel(x_ptr, s_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets, mask=mask)
    tl.store(y_ptr + offsets, 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476)) + tl.load(s_ptr + offsets, mask=mask), mask=mask)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty_like(x)
    scratch = torch.empty((12 << 20,), dtype=x.dtype, device=x.device)
    gelu_kernel[(triton.cdiv(x.numel(), 1024),)](x, scratch, y, x.numel(), BLOCK=1024)
    return y
