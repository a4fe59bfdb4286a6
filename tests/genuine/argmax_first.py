# problem: row_argmax
# expect: accepted
# family: discrete
# style: first index among ties, NaN counts as the largest
import torch
import triton
import triton.language as tl


@triton.jit
def argmax_kernel(x_ptr, y_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask, other=-float("inf"))
    nan = (x != x) & mask
    is_nan = tl.max(nan.to(tl.int32), axis=0)
    best = tl.max(tl.where(nan, float("-inf"), x), axis=0)
    hit = tl.where(is_nan > 0, nan, (x == best) & mask)
    tl.store(y_ptr + row, tl.min(tl.where(hit, offsets, BLOCK), axis=0).to(tl.int64))


def kernel_function(x):
    y = torch.empty((x.shape[0],), dtype=torch.int64, device=x.device)
    argmax_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), x.shape[1], BLOCK=128)
    return y
