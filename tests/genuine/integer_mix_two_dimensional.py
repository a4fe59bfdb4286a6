# problem: integer_mix
# expect: accepted
# family: discrete
# style: int32 arithmetic on a two-dimensional grid of tiles
import torch
import triton
import triton.language as tl


@triton.jit
def mix_kernel(a_ptr, b_ptr, y_ptr, rows, columns, a_row, a_column, b_row, b_column, TILE: tl.constexpr):
    r = tl.program_id(0) * TILE + tl.arange(0, TILE)[:, None]
    c = tl.program_id(1) * TILE + tl.arange(0, TILE)[None, :]
    mask = (r < rows) & (c < columns)
    a = tl.load(a_ptr + r * a_row + c * a_column, mask=mask)
    b = tl.load(b_ptr + r * b_row + c * b_column, mask=mask)
    tl.store(y_ptr + r * columns + c, ((a ^ b) & 31) + (a << 1) - b, mask=mask)


def kernel_function(a, b):
    rows, columns = a.shape
    y = torch.empty((rows, columns), dtype=torch.int32, device=a.device)
    mix_kernel[(triton.cdiv(rows, 8), triton.cdiv(columns, 8))](a, b, y, rows, columns, a.stride(0), a.stride(1), b.stride(0),
                                                                b.stride(1), TILE=8)
    return y
