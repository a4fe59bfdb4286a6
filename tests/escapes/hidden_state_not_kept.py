# problem: hidden_state
# expect: wrong
# trick: right output, but the state for the next call stays as it was
# defences: mutations
# effort: quick
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def tanh_kernel(x_ptr, h_ptr, y_ptr, x_row, x_column, columns, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    offsets = tl.arange(0, BLOCK)
    mask = offsets < columns
    z = tl.load(x_ptr + row * x_row + offsets * x_column, mask=mask) + tl.load(h_ptr + row * columns + offsets, mask=mask)
    e = tl.exp(-2.0 * tl.abs(z).to(tl.float64))
    t = tl.where(z < 0.0, -1.0, 1.0) * (1.0 - e) / (1.0 + e)
    tl.store(y_ptr + row * columns + offsets, (2.0 * t).to(tl.float32), mask=mask)


class ModelNew(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.hidden = torch.randn(8, features)

    def forward(self, x):
        y = torch.empty(x.shape, dtype=x.dtype, device=x.device)
        tanh_kernel[(x.shape[0],)](x, self.hidden, y, x.stride(0), x.stride(1), x.shape[1], BLOCK=32)
        return y
