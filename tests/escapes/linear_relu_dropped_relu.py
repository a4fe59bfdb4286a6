# problem: linear_relu
# expect: wrong
# trick: leaves the last operator out
# defences: rms bound, largest bound, NaN placement
# effort: quick
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def linear_kernel(x_ptr, w_ptr, b_ptr, y_ptr, x_row, x_column, depth, outputs, RELU: tl.constexpr, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    n = tl.program_id(1)
    k = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + row * x_row + k * x_column, mask=k < depth, other=0.0)
    w = tl.load(w_ptr + n * depth + k, mask=k < depth, other=0.0)
    total = tl.sum(x * w, axis=0) + tl.load(b_ptr + n)
    if RELU:
        total = tl.where(total < 0.0, 0.0, total)
    tl.store(y_ptr + row * outputs + n, total)


class ModelNew(nn.Module):
    def __init__(self, features, outputs):
        super().__init__()
        self.fc = nn.Linear(features, outputs)

    def forward(self, x):
        weight = self.fc.weight
        outputs, depth = weight.shape
        y = torch.empty((x.shape[0], outputs), dtype=x.dtype, device=x.device)
        linear_kernel[(x.shape[0], outputs)](x, weight, self.fc.bias, y, x.stride(0), x.stride(1), depth, outputs,
                                             RELU=False, BLOCK=64)
        return y
