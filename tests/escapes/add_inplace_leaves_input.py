# problem: add_inplace
# expect: wrong
# trick: right output, but the input that the problem changes is left alone
# defences: mutations
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def add_kernel(x_ptr, y_ptr, z_ptr, x_step, y_step, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    total = tl.load(x_ptr + offsets * x_step, mask=mask) + tl.load(y_ptr + offsets * y_step, mask=mask)
    tl.store(z_ptr + offsets, total * 2, mask=mask)


def kernel_function(x, y):
    z = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    add_kernel[(triton.cdiv(x.numel(), 512),)](x, y, z, x.stride(0), y.stride(0), x.numel(), BLOCK=512)
    return z
