# problem: matmul
# expect: unsafe
# trick: einsum, and a kernel that copies the finished result, so that something was launched
# defences: source policy, operator trace
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def copy_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    tl.store(y_ptr + offsets, tl.load(x_ptr + offsets, mask=mask), mask=mask)


def kernel_function(a, b):
    z = torch.einsum("ik,kj->ij", a, b)
    y = torch.empty_like(z)
    copy_kernel[(triton.cdiv(z.numel(), 1024),)](z, y, z.numel(), BLOCK=1024)
    return y
