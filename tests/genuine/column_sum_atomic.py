# problem: column_sum
# expect: accepted
# family: reduction
# style: row blocks add their partial sums with tl.atomic_add into torch.zeros
import torch
import triton
import triton.language as tl


@triton.jit
def column_sum_kernel(x_ptr, y_ptr, rows, columns, row_step, column_step, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    r = tl.program_id(0) * ROWS + tl.arange(0, ROWS)
    c = tl.program_id(1) * COLUMNS + tl.arange(0, COLUMNS)
    mask = (r[:, None] < rows) & (c[None, :] < columns)
    x = tl.load(x_ptr + r[:, None] * row_step + c[None, :] * column_step, mask=mask, other=0.0)
    tl.atomic_add(y_ptr + c, tl.sum(x, axis=0), mask=c < columns)


def kernel_function(x):
    y = torch.zeros(x.shape[1], dtype=x.dtype, device=x.device)
    grid = (triton.cdiv(x.shape[0], 32), triton.cdiv(x.shape[1], 16))
    column_sum_kernel[grid](x, y, x.shape[0], x.shape[1], x.stride(0), x.stride(1), ROWS=32, COLUMNS=16)
    return y
