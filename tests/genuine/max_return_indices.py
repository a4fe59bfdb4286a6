# problem: max_with_index
# expect: accepted
# family: discrete
# style: tl.max with return_indices and ties to the left; rows with NaN take a path of their own
import torch
import triton
import triton.language as tl


@triton.jit
def max_kernel(x_ptr, value_ptr, index_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask, other=-float("inf"))
    broken = x != x
    if tl.max(broken.to(tl.int32), axis=0) > 0:
        tl.store(value_ptr + row, float("nan"))
        tl.store(index_ptr + row, tl.min(tl.where(broken, offsets, BLOCK), axis=0))
    else:
        value, index = tl.max(x, axis=0, return_indices=True, return_indices_tie_break_left=True)
        tl.store(value_ptr + row, value)
        tl.store(index_ptr + row, index)


def kernel_function(x):
    values = torch.empty(x.shape[0], dtype=x.dtype, device=x.device)
    indices = torch.empty(x.shape[0], dtype=torch.int64, device=x.device)
    max_kernel[(x.shape[0],)](x, values, indices, x.stride(0), x.stride(1), x.shape[1],
                              BLOCK=triton.next_power_of_2(x.shape[1]))
    return values, indices
