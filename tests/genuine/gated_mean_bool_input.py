# problem: gated_mean
# expect: accepted
# family: reduction
# style: a bool input as a gate, its count reduced beside the sum
import torch
import triton
import triton.language as tl


@triton.jit
def gated_mean_kernel(x_ptr, keep_ptr, y_ptr, columns, x_row, x_column, k_row, k_column, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    c = tl.arange(0, BLOCK)
    keep = tl.load(keep_ptr + row * k_row + c * k_column, mask=c < columns, other=0) != 0
    x = tl.load(x_ptr + row * x_row + c * x_column, mask=keep, other=0.0)
    total = tl.sum(x, axis=0)
    kept = tl.sum(keep.to(tl.int32), axis=0)
    tl.store(y_ptr + row, total / tl.maximum(kept, 1))


def kernel_function(x, keep):
    y = torch.empty(x.shape[0], dtype=x.dtype, device=x.device)
    gated_mean_kernel[(x.shape[0],)](x, keep, y, x.shape[1], x.stride(0), x.stride(1), keep.stride(0), keep.stride(1),
                                     BLOCK=triton.next_power_of_2(x.shape[1]))
    return y
