# problem: transpose_copy
# expect: fallback
# trick: has PyTorch make a new tensor of a list of the elements
# defences: operator trace
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def copying(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + i, tl.load(x_ptr + i, mask=i < count), mask=i < count)


def kernel_function(x):
    y = torch.tensor([[one for one in row] for row in x.t()], dtype=x.dtype, device=x.device)
    result = torch.empty(y.shape, dtype=y.dtype, device=y.device)
    copying[(triton.cdiv(y.numel(), 1024),)](y, result, y.numel(), BLOCK=1024)
    return result
