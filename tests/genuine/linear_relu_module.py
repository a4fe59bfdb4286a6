# problem: linear_relu
# expect: accepted
# family: matmul
# style: ModelNew that keeps the original layer as a holder of its parameters, two launches and scratch
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def linear_kernel(x_ptr, w_ptr, b_ptr, y_ptr, depth, outputs, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    column = tl.program_id(1)
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for start in range(0, depth, BLOCK):
        k = start + tl.arange(0, BLOCK)
        x = tl.load(x_ptr + row * depth + k, mask=k < depth, other=0.0)
        w = tl.load(w_ptr + column * depth + k, mask=k < depth, other=0.0)
        total += x * w
    tl.store(y_ptr + row * outputs + column, tl.sum(total, axis=0) + tl.load(b_ptr + column))


@triton.jit
def relu_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    x = tl.load(x_ptr + offsets, mask=offsets < count)
    tl.store(y_ptr + offsets, tl.where(x < 0.0, 0.0, x), mask=offsets < count)


class ModelNew(nn.Module):
    def __init__(self, features, outputs):
        super().__init__()
        self.fc = nn.Linear(features, outputs)

    def forward(self, x):
        x = x.contiguous()
        rows, depth = x.shape
        outputs = self.fc.weight.shape[0]
        scratch = torch.empty((rows, outputs), dtype=x.dtype, device=x.device)
        linear_kernel[(rows, outputs)](x, self.fc.weight, self.fc.bias, scratch, depth, outputs, BLOCK=64)
        y = torch.empty_like(scratch)
        relu_kernel[(triton.cdiv(y.numel(), 512),)](scratch, y, y.numel(), BLOCK=512)
        return y
