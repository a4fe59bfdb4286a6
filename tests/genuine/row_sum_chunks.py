# problem: row_sum
# expect: accepted
# family: reduction
# style: one program per row that walks over it in chunks
import torch
import triton
import triton.language as tl


@triton.jit
def row_sum_kernel(x_ptr, y_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0).to(tl.int64)
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for start in range(0, columns, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        total += tl.load(x_ptr + row * x_row + offsets * x_column, mask=offsets < columns, other=0.0)
    tl.store(y_ptr + row, tl.sum(total, axis=0))


def kernel_function(x):
    y = torch.empty((x.shape[0], 1), dtype=x.dtype, device=x.device)
    row_sum_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), x.shape[1], BLOCK=256)
    return y
