# problem: two_outputs
# expect: accepted
# family: pointwise
# style: two outputs from one launch, NaN kept by the maximum
import torch
import triton
import triton.language as tl


@triton.jit
def sigmoid_and_max(x_ptr, y_ptr, m_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask, other=-float("inf"))
    tl.store(y_ptr + row * columns + offsets, 1.0 / (1.0 + tl.exp(-x)), mask=mask)
    broken = tl.sum(tl.where(x != x, 1, 0), axis=0)
    largest = tl.max(tl.where(x != x, -float("inf"), x), axis=0)
    tl.store(m_ptr + row, tl.where(broken > 0, float("nan"), largest))


def kernel_function(x):
    y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    m = torch.empty((x.shape[0],), dtype=x.dtype, device=x.device)
    sigmoid_and_max[(x.shape[0],)](x, y, m, x.stride(0), x.stride(1), x.shape[1], BLOCK=64)
    return y, m
