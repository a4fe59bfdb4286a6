# problem: distance_matrix
# expect: accepted
# family: reduction
# style: differences of pairs on three-dimensional tiles, reduced along the last axis
import torch
import triton
import triton.language as tl


@triton.jit
def distance_kernel(x_ptr, y_ptr, out_ptr, rows, columns, depth, x_row, x_column, y_row, y_column, TILE: tl.constexpr,
                    DEPTH: tl.constexpr):
    i = tl.program_id(0) * TILE + tl.arange(0, TILE)
    j = tl.program_id(1) * TILE + tl.arange(0, TILE)
    total = tl.zeros((TILE, TILE), dtype=tl.float32)
    for start in range(0, depth, DEPTH):
        d = start + tl.arange(0, DEPTH)
        x = tl.load(x_ptr + i[:, None] * x_row + d[None, :] * x_column, mask=(i[:, None] < rows) & (d[None, :] < depth), other=0.0)
        y = tl.load(y_ptr + j[:, None] * y_row + d[None, :] * y_column, mask=(j[:, None] < columns) & (d[None, :] < depth), other=0.0)
        difference = x[:, None, :] - y[None, :, :]
        total += tl.sum(difference * difference, axis=2)
    tl.store(out_ptr + i[:, None] * columns + j[None, :], total, mask=(i[:, None] < rows) & (j[None, :] < columns))


def kernel_function(x, y):
    rows, columns = x.shape[0], y.shape[0]
    out = torch.empty((rows, columns), dtype=x.dtype, device=x.device)
    distance_kernel[(triton.cdiv(rows, 8), triton.cdiv(columns, 8))](x, y, out, rows, columns, x.shape[1], x.stride(0),
                                                                     x.stride(1), y.stride(0), y.stride(1), TILE=8, DEPTH=8)
    return out
