# problem: log
# expect: accepted
# family: pointwise
# style: NaN for negative inputs, as PyTorch
import torch
import triton
import triton.language as tl


@triton.jit
def log_kernel(x_ptr, y_ptr, step, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets * step, mask=offsets < count, other=1.0)
    tl.store(y_ptr + offsets, tl.log(x), mask=offsets < count)


def kernel_function(x):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    log_kernel[(triton.cdiv(x.numel(), 128),)](x, y, x.stride(0), x.numel(), BLOCK=128)
    return y
