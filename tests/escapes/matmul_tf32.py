# problem: matmul
# expect: wrong
# trick: multiplies in TF32, which PyTorch does not for a matmul of float32
# defences: rms bound, largest bound
# effort: quick
# needs: cuda
import torch
import triton
import triton.language as tl


@triton.jit
def matmul_kernel(a_ptr, b_ptr, y_ptr, rows, columns, depth, a_row, a_column, b_row, b_column,
                  M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    m = tl.program_id(0) * M + tl.arange(0, M)
    n = tl.program_id(1) * N + tl.arange(0, N)
    k = tl.arange(0, K)
    a = tl.load(a_ptr + m[:, None] * a_row + k[None, :] * a_column, mask=(m[:, None] < rows) & (k[None, :] < depth), other=0.0)
    b = tl.load(b_ptr + k[:, None] * b_row + n[None, :] * b_column, mask=(k[:, None] < depth) & (n[None, :] < columns), other=0.0)
    total = tl.dot(a, b, input_precision="tf32")
    tl.store(y_ptr + m[:, None] * columns + n[None, :], total, mask=(m[:, None] < rows) & (n[None, :] < columns))


def kernel_function(a, b):
    (rows, depth), columns = a.shape, b.shape[1]
    y = torch.empty((rows, columns), dtype=a.dtype, device=a.device)
    matmul_kernel[(triton.cdiv(rows, 16), triton.cdiv(columns, 16))](
        a, b, y, rows, columns, depth, a.stride(0), a.stride(1), b.stride(0), b.stride(1), M=16, N=16, K=128)
    return y
