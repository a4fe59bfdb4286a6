# problem: linear_relu
# expect: fallback
# trick: takes the layer as a value, so that no forbidden method is called, and launches relu only
# defences: operator trace
# effort: quick
import torch
import torch.nn as nn
import triton
import triton.language as tl


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
        layer = self.fc
        z = layer(x)
        y = torch.empty_like(z)
        relu_kernel[(1,)](z, y, y.numel(), BLOCK=512)
        return y
