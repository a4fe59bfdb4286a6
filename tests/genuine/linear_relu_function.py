# problem: linear_relu
# expect: accepted
# family: matmul
# style: kernel_function with state by keyword, linear and relu in one kernel
import torch
import triton
import triton.language as tl


@triton.jit
def linear_relu_kernel(x_ptr, w_ptr, b_ptr, y_ptr, rows, outputs, depth, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
    m = tl.program_id(0) * M + tl.arange(0, M)
    n = tl.program_id(1) * N + tl.arange(0, N)
    total = tl.zeros((M, N), dtype=tl.float32)
    for start in range(0, depth, K):
        k = start + tl.arange(0, K)
        x = tl.load(x_ptr + m[:, None] * depth + k[None, :], mask=(m[:, None] < rows) & (k[None, :] < depth), other=0.0)
        w = tl.load(w_ptr + n[None, :] * depth + k[:, None], mask=(n[None, :] < outputs) & (k[:, None] < depth), other=0.0)
        total = tl.dot(x, w, total, input_precision="ieee")
    total += tl.load(b_ptr + n, mask=n < outputs, other=0.0)[None, :]
    total = tl.where(total < 0.0, 0.0, total)
    tl.store(y_ptr + m[:, None] * outputs + n[None, :], total, mask=(m[:, None] < rows) & (n[None, :] < outputs))


def kernel_function(x, *, fc_weight, fc_bias):
    x = x.contiguous()
    rows, depth = x.shape
    outputs = fc_weight.shape[0]
    y = torch.empty((rows, outputs), dtype=x.dtype, device=x.device)
    linear_relu_kernel[(triton.cdiv(rows, 16), triton.cdiv(outputs, 16))](
        x, fc_weight, fc_bias, y, rows, outputs, depth, M=16, N=16, K=32)
    return y
