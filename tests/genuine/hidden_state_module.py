# problem: hidden_state
# expect: accepted
# family: pointwise
# style: ModelNew that replaces a plain attribute in forward
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def step_kernel(x_ptr, h_ptr, new_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    z = tl.load(x_ptr + offsets, mask=mask) + tl.load(h_ptr + offsets, mask=mask)
    decay = tl.exp(-2.0 * tl.abs(z))
    small = z * (1.0 - z * z * (1.0 / 3.0 - z * z * (2.0 / 15.0)))
    h = tl.where(tl.abs(z) < 0.02, small, (1.0 - decay) / (1.0 + decay) * tl.where(z < 0.0, -1.0, 1.0))
    tl.store(new_ptr + offsets, h, mask=mask)
    tl.store(y_ptr + offsets, h * 2.0, mask=mask)


class ModelNew(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.hidden = torch.randn(8, features)

    def forward(self, x):
        x = x.contiguous()
        new = torch.empty_like(x)
        y = torch.empty_like(x)
        step_kernel[(triton.cdiv(x.numel(), 64),)](x, self.hidden, new, y, x.numel(), BLOCK=64)
        self.hidden = new
        return y
