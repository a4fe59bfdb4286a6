# problem: add_bfloat16
# expect: accepted
# family: pointwise, 16 bit
# style: 16-bit arithmetic without a cast, as short kernels write it
import torch
import triton
import triton.language as tl


@triton.jit
def add_kernel(x_ptr, y_ptr, out_ptr, rows, columns, x_row, x_column, y_row, y_column, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    c = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_row + c * x_column, mask=c < columns)
    y = tl.load(y_ptr + row * y_row + c * y_column, mask=c < columns)
    tl.store(out_ptr + row * columns + c, x + y, mask=c < columns)


def kernel_function(x, y):
    rows, columns = x.shape
    out = torch.empty((rows, columns), dtype=x.dtype, device=x.device)
    add_kernel[(rows,)](x, y, out, rows, columns, x.stride(0), x.stride(1), y.stride(0), y.stride(1), BLOCK=32)
    return out
