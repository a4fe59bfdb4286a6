# problem: row_sum
# expect: accepted
# family: reduction
# style: @triton.heuristics chooses the block and whether masks are needed
import torch
import triton
import triton.language as tl


@triton.heuristics({
    "BLOCK": lambda args: min(512, triton.next_power_of_2(args["columns"])),
    "EVEN": lambda args: args["columns"] % 512 == 0,
})
@triton.jit
def row_sum_kernel(x_ptr, y_ptr, x_row, x_column, columns, BLOCK: tl.constexpr, EVEN: tl.constexpr):
    row = tl.program_id(0)
    total = 0.0
    for start in range(0, columns, BLOCK):
        offsets = start + tl.arange(0, BLOCK)
        if EVEN:
            x = tl.load(x_ptr + row * x_row + offsets * x_column)
        else:
            x = tl.load(x_ptr + row * x_row + offsets * x_column, mask=offsets < columns, other=0.0)
        total += tl.sum(x, axis=0)
    tl.store(y_ptr + row, total)


def kernel_function(x):
    y = torch.empty((x.shape[0], 1), dtype=x.dtype, device=x.device)
    row_sum_kernel[(x.shape[0],)](x, y, x.stride(0), x.stride(1), x.shape[1])
    return y
