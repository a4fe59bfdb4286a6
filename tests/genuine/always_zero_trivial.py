# problem: always_zero
# expect: accepted
# qualifier: trivial
# family: pointwise
# style: the problem is zero by definition; only NaN and infinity come through
import torch
import triton
import triton.language as tl


@triton.jit
def row_maximum_less_itself(x_ptr, y_ptr, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * columns + offsets, mask=offsets < columns, other=float("-inf"))
    is_nan = tl.max((x != x).to(tl.int32), axis=0) > 0
    largest = tl.where(is_nan, float("nan"), tl.max(x, axis=0))
    tl.store(y_ptr + row, largest - largest)


def kernel_function(x):
    x = x.contiguous()
    y = torch.empty((x.shape[0], 1), dtype=x.dtype, device=x.device)
    row_maximum_less_itself[(x.shape[0],)](x, y, x.shape[1], BLOCK=triton.next_power_of_2(x.shape[1]))
    return y
