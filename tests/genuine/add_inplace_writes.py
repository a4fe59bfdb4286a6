# problem: add_inplace
# expect: accepted
# family: pointwise
# style: writes to its input because the problem does
import torch
import triton
import triton.language as tl


@triton.jit
def add_kernel(x_ptr, y_ptr, out_ptr, x_step, y_step, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    total = tl.load(x_ptr + offsets * x_step, mask=mask) + tl.load(y_ptr + offsets * y_step, mask=mask)
    tl.store(x_ptr + offsets * x_step, total, mask=mask)
    tl.store(out_ptr + offsets, total * 2.0, mask=mask)


def kernel_function(x, y):
    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    add_kernel[(triton.cdiv(x.numel(), 128),)](x, y, out, x.stride(0), y.stride(0), x.numel(), BLOCK=128)
    return out
