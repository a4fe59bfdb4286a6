# problem: cumulative_sum
# expect: accepted
# family: scan
# style: tl.associative_scan with a combine function, a carry from chunk to chunk
import torch
import triton
import triton.language as tl


@triton.jit
def plus(a, b):
    return a + b


@triton.jit
def cumulative_sum_kernel(x_ptr, y_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    carry = 0.0
    for start in range(0, columns, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=offsets < columns, other=0.0)
        tl.store(y_ptr + row * columns + offsets, carry + tl.associative_scan(x, 0, plus), mask=offsets < columns)
        carry += tl.sum(x, axis=0)


def kernel_function(x):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    cumulative_sum_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), x.shape[1], BLOCK=32)
    return y
