# problem: linear_relu
# expect: wrong
# trick: transposes the weights once and never looks at them again
# defences: state variation
# effort: quick
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def transpose_kernel(w_ptr, t_ptr, rows, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    tl.store(t_ptr + offsets * rows + row, tl.load(w_ptr + row * columns + offsets, mask=offsets < columns),
             mask=offsets < columns)


@triton.jit
def linear_relu_kernel(x_ptr, t_ptr, b_ptr, y_ptr, depth, outputs, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    n = tl.arange(0, BLOCK)
    mask = n < outputs
    total = tl.load(b_ptr + n, mask=mask, other=0.0)
    for k in range(0, depth):
        total += tl.load(x_ptr + row * depth + k) * tl.load(t_ptr + k * outputs + n, mask=mask, other=0.0)
    tl.store(y_ptr + row * outputs + n, tl.where(total < 0.0, 0.0, total), mask=mask)


class ModelNew(nn.Module):
    def __init__(self, features, outputs):
        super().__init__()
        self.fc = nn.Linear(features, outputs)
        self.packed = None

    def forward(self, x):
        x = x.contiguous()
        weight = self.fc.weight
        outputs, depth = weight.shape
        if self.packed is None:
            self.packed = torch.empty((depth, outputs), dtype=x.dtype, device=x.device)
            transpose_kernel[(outputs,)](weight, self.packed, outputs, depth, BLOCK=64)
        y = torch.empty((x.shape[0], outputs), dtype=x.dtype, device=x.device)
        linear_relu_kernel[(x.shape[0],)](x, self.packed, self.fc.bias, y, depth, outputs, BLOCK=64)
        return y
