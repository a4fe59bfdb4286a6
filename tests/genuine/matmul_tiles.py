# problem: matmul
# expect: accepted
# family: matmul
# style: tiled tl.dot in IEEE precision, strides passed in, autotuned
import torch
import triton
import triton.language as tl


@triton.autotune(configs=[triton.Config({"M": 16, "N": 16, "K": 16}), triton.Config({"M": 32, "N": 32, "K": 16})],
                 key=["rows", "columns", "depth"])
@triton.jit
def matmul_kernel(a_ptr, b_ptr, c_ptr, rows, columns, depth, a_row, a_column, b_row, b_column, c_row,
                  M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    m = tl.program_id(0) * M + tl.arange(0, M)
    n = tl.program_id(1) * N + tl.arange(0, N)
    total = tl.zeros((M, N), dtype=tl.float32)
    for start in range(0, depth, K):
        k = start + tl.arange(0, K)
        a = tl.load(a_ptr + m[:, None] * a_row + k[None, :] * a_column,
                    mask=(m[:, None] < rows) & (k[None, :] < depth), other=0.0)
        b = tl.load(b_ptr + k[:, None] * b_row + n[None, :] * b_column,
                    mask=(k[:, None] < depth) & (n[None, :] < columns), other=0.0)
        total = tl.dot(a, b, total, input_precision="ieee")
    tl.store(c_ptr + m[:, None] * c_row + n[None, :], total, mask=(m[:, None] < rows) & (n[None, :] < columns))


def kernel_function(a, b):
    c = torch.empty((a.shape[0], b.shape[1]), dtype=a.dtype, device=a.device)
    matmul_kernel[lambda meta: (triton.cdiv(a.shape[0], meta["M"]), triton.cdiv(b.shape[1], meta["N"]))](
        a, b, c, a.shape[0], b.shape[1], a.shape[1], a.stride(0), a.stride(1), b.stride(0), b.stride(1), c.stride(0))
    return c
