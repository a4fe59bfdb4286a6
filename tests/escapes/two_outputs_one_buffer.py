# problem: two_outputs
# expect: wrong
# trick: both results are views of one allocation
# defences: aliasing
# effort: quick
import torch
import triton
import triton.language as tl


@triton.jit
def both_kernel(x_ptr, sigmoid_ptr, maximum_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask, other=-float("inf"))
    tl.store(sigmoid_ptr + row * columns + offsets, 1.0 / (1.0 + tl.exp(-x)), mask=mask)
    has_nan = tl.max((x != x).to(tl.int32), axis=0)
    tl.store(maximum_ptr + row, tl.where(has_nan != 0, float("nan"), tl.max(x, axis=0)))


def kernel_function(x):
    rows, columns = x.shape
    buffer = torch.empty((rows * columns + rows,), dtype=x.dtype, device=x.device)
    sigmoid, maximum = buffer.split([rows * columns, rows])
    both_kernel[(rows,)](x, sigmoid, maximum, x.stride(0), x.stride(1), columns, BLOCK=64)
    return sigmoid.view(rows, columns), maximum
