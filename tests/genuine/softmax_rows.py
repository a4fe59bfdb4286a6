# problem: softmax
# expect: accepted
# family: softmax
# style: Triton's tutorial, one program per row, strides passed in, exp2 with a scaled argument
import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, y_ptr, x_row, x_column, y_row, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask, other=-float("inf"))
    x = x - tl.max(x, axis=0)
    numerator = tl.exp2(x * 1.4426950408889634)
    y = numerator / tl.sum(numerator, axis=0)
    tl.store(y_ptr + row * y_row + offsets, y, mask=mask)


def kernel_function(x):
    rows, columns = x.shape
    y = torch.empty((rows, columns), dtype=x.dtype, device=x.device)
    softmax_kernel[(rows,)](x, y, x.stride(0), x.stride(1), y.stride(0), columns,
                            BLOCK=triton.next_power_of_2(columns))
    return y
