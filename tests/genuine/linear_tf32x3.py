# problem: linear
# expect: accepted
# family: matmul
# style: input_precision tf32x3, bias added to the accumulator first
import torch
import triton
import triton.language as tl


@triton.jit
def linear_kernel(x_ptr, w_ptr, b_ptr, y_ptr, rows, outputs, depth, x_row, x_column, M: tl.constexpr, N: tl.constexpr,
                  K: tl.constexpr):
    m = tl.program_id(0) * M + tl.arange(0, M)
    n = tl.program_id(1) * N + tl.arange(0, N)
    bias = tl.load(b_ptr + n, mask=n < outputs, other=0.0)
    total = tl.zeros((M, N), dtype=tl.float32) + bias[None, :]
    for start in range(0, depth, K):
        k = start + tl.arange(0, K)
        x = tl.load(x_ptr + m[:, None] * x_row + k[None, :] * x_column, mask=(m[:, None] < rows) & (k[None, :] < depth),
                    other=0.0)
        w = tl.load(w_ptr + n[:, None] * depth + k[None, :], mask=(n[:, None] < outputs) & (k[None, :] < depth), other=0.0)
        total = tl.dot(x, w.T, total, input_precision="tf32x3")
    tl.store(y_ptr + m[:, None] * outputs + n[None, :], total, mask=(m[:, None] < rows) & (n[None, :] < outputs))


def kernel_function(x, *, fc_weight, fc_bias):
    rows, depth = x.shape
    outputs = fc_weight.shape[0]
    y = torch.empty((rows, outputs), dtype=x.dtype, device=x.device)
    linear_kernel[(triton.cdiv(rows, 16), triton.cdiv(outputs, 16))](
        x, fc_weight, fc_bias, y, rows, outputs, depth, x.stride(0), x.stride(1), M=16, N=16, K=16)
    return y
