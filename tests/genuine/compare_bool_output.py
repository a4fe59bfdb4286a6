# problem: compare
# expect: accepted
# family: discrete
# style: bool output, strided loads
import torch
import triton
import triton.language as tl


@triton.jit
def compare_kernel(x_ptr, y_ptr, out_ptr, x_step, y_step, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    x = tl.load(x_ptr + offsets * x_step, mask=mask, other=0.0)
    y = tl.load(y_ptr + offsets * y_step, mask=mask, other=0.0)
    tl.store(out_ptr + offsets, (x > y) & (x > 0.0), mask=mask)


def kernel_function(x, y):
    out = torch.empty(x.shape, dtype=torch.bool, device=x.device)
    compare_kernel[(triton.cdiv(x.numel(), 128),)](x, y, out, x.stride(0), y.stride(0), x.numel(), BLOCK=128)
    return out
