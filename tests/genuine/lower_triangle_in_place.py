# problem: lower_triangle
# expect: accepted
# family: pointwise
# style: scratch is doubled in place by a second launch; rows above the diagonal are never read
import torch
import triton
import triton.language as tl


@triton.jit
def keep_lower(x_ptr, y_ptr, rows, columns, x_row, x_column, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    c = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_row + c * x_column, mask=c <= row, other=0.0)
    tl.store(y_ptr + row * columns + c, x, mask=c < columns)


@triton.jit
def double_in_place(y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    y = tl.load(y_ptr + offsets, mask=offsets < count)
    tl.store(y_ptr + offsets, y + y, mask=offsets < count)


def kernel_function(x):
    rows, columns = x.shape
    y = torch.empty((rows, columns), dtype=x.dtype, device=x.device)
    keep_lower[(rows,)](x, y, rows, columns, x.stride(0), x.stride(1), BLOCK=triton.next_power_of_2(columns))
    double_in_place[(triton.cdiv(y.numel(), 256),)](y, y.numel(), BLOCK=256)
    return y
