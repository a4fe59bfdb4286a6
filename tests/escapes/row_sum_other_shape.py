# problem: row_sum
# expect: wrong
# trick: the right sums without the dimension that PyTorch keeps
# defences: form, NaN placement, repeat
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def sum_kernel(x_ptr, y_ptr, row_step, column_step, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * row_step + offsets * column_step, mask=offsets < columns, other=0.0)
    tl.store(y_ptr + row, tl.sum(x, axis=0))


def kernel_function(x):
    y = torch.empty((x.shape[0],), dtype=x.dtype, device=x.device)
    sum_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), x.shape[1], BLOCK=1024)
    return y
