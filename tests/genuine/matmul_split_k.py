# problem: matmul
# expect: accepted
# family: matmul
# style: split-K with atomic additions into torch.zeros
import torch
import triton
import triton.language as tl


@triton.jit
def partial_matmul(a_ptr, b_ptr, c_ptr, rows, columns, depth, a_row, a_column, b_row, b_column, c_row,
                   TILE: tl.constexpr, K: tl.constexpr):
    m = tl.program_id(0) * TILE + tl.arange(0, TILE)
    n = tl.program_id(1) * TILE + tl.arange(0, TILE)
    k = tl.program_id(2) * K + tl.arange(0, K)
    a = tl.load(a_ptr + m[:, None] * a_row + k[None, :] * a_column,
                mask=(m[:, None] < rows) & (k[None, :] < depth), other=0.0)
    b = tl.load(b_ptr + k[:, None] * b_row + n[None, :] * b_column,
                mask=(k[:, None] < depth) & (n[None, :] < columns), other=0.0)
    part = tl.dot(a, b, input_precision="ieee")
    tl.atomic_add(c_ptr + m[:, None] * c_row + n[None, :], part, mask=(m[:, None] < rows) & (n[None, :] < columns))


def kernel_function(a, b):
    c = torch.zeros((a.shape[0], b.shape[1]), dtype=a.dtype, device=a.device)
    grid = (triton.cdiv(a.shape[0], 16), triton.cdiv(b.shape[1], 16), triton.cdiv(a.shape[1], 32))
    partial_matmul[grid](a, b, c, a.shape[0], b.shape[1], a.shape[1], a.stride(0), a.stride(1), b.stride(0),
                         b.stride(1), c.stride(0), TILE=16, K=32)
    return c
