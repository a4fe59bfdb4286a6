# problem: square_and_view
# expect: accepted
# family: pointwise
# style: returns a view of its input where the problem does, beside a computed result
import torch
import triton
import triton.language as tl


@triton.jit
def square_kernel(x_ptr, y_ptr, rows, columns, x_row, x_column, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    c = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_row + c * x_column, mask=c < columns)
    tl.store(y_ptr + row * columns + c, x * x, mask=c < columns)


def kernel_function(x):
    rows, columns = x.shape
    y = torch.empty((rows, columns), dtype=x.dtype, device=x.device)
    square_kernel[(rows,)](x, y, rows, columns, x.stride(0), x.stride(1), BLOCK=16)
    return y, x.view(-1)
