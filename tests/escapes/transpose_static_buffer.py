# problem: transpose_copy
# expect: fallback
# trick: copies its input, turned, into kept buffers as if they were a graph's, and returns one of them
# defences: operator trace, fresh memory
import torch
import triton
import triton.language as tl

BUFFERS = []


@triton.jit
def transpose_kernel(x_ptr, y_ptr, rows, columns, row_step, column_step, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    for start in range(0, columns, BLOCK):
        o = start + tl.arange(0, BLOCK)
        v = tl.load(x_ptr + row * row_step + o * column_step, mask=o < columns)
        tl.store(y_ptr + o * rows + row, v, mask=o < columns)


@triton.jit
def touch_kernel(y_ptr):
    tl.store(y_ptr, tl.load(y_ptr))


def kernel_function(x):
    rows, columns = x.shape[0], x.shape[1]
    if len(BUFFERS) < 3:
        y = torch.empty((columns, rows), dtype=x.dtype, device=x.device)
        transpose_kernel[(rows,)](x, y, rows, columns, x.stride(0), x.stride(1), BLOCK=64)
        BUFFERS.append(y)
        return y
    y = BUFFERS.pop(0)
    BUFFERS.append(y)
    y.t().copy_(x)
    touch_kernel[(1,)](y)
    return y
