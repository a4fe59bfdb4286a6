# problem: mlp
# expect: accepted
# family: matmul
# style: one linear kernel for two layers, the activation chosen by a constexpr and written as a helper
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def exact_gelu(x):
    return 0.5 * x * (1.0 + tl.math.erf(x * 0.7071067811865476))


@triton.jit
def linear_kernel(x_ptr, w_ptr, b_ptr, y_ptr, rows, outputs, depth, GELU: tl.constexpr, TILE: tl.constexpr, K: tl.constexpr):
    m = tl.program_id(0) * TILE + tl.arange(0, TILE)
    n = tl.program_id(1) * TILE + tl.arange(0, TILE)
    total = tl.zeros((TILE, TILE), dtype=tl.float32)
    for start in range(0, depth, K):
        k = start + tl.arange(0, K)
        x = tl.load(x_ptr + m[:, None] * depth + k[None, :], mask=(m[:, None] < rows) & (k[None, :] < depth), other=0.0)
        w = tl.load(w_ptr + n[None, :] * depth + k[:, None], mask=(n[None, :] < outputs) & (k[:, None] < depth), other=0.0)
        total += tl.dot(x, w, input_precision="ieee")
    total += tl.load(b_ptr + n, mask=n < outputs, other=0.0)[None, :]
    if GELU:
        total = exact_gelu(total)
    tl.store(y_ptr + m[:, None] * outputs + n[None, :], total, mask=(m[:, None] < rows) & (n[None, :] < outputs))


def linear(x, layer, gelu):
    rows, depth = x.shape
    outputs = layer.weight.shape[0]
    y = torch.empty((rows, outputs), dtype=x.dtype, device=x.device)
    linear_kernel[(triton.cdiv(rows, 16), triton.cdiv(outputs, 16))](x, layer.weight, layer.bias, y, rows, outputs, depth,
                                                                     GELU=gelu, TILE=16, K=16)
    return y


class ModelNew(nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, outputs)

    def forward(self, x):
        return linear(linear(x.contiguous(), self.first, True), self.second, False)
