# problem: moving_average
# expect: accepted
# family: normalisation
# style: a ModelNew whose kernel updates a registered buffer in place, a second launch uses it
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def update_average(x_ptr, average_ptr, rows, row_step, column_step, BLOCK: tl.constexpr):
    column = tl.program_id(0)
    r = tl.arange(0, BLOCK)
    x = tl.load(x_ptr + r * row_step + column * column_step, mask=r < rows, other=0.0)
    old = tl.load(average_ptr + column)
    tl.store(average_ptr + column, 0.9 * old + 0.1 * (tl.sum(x, axis=0) / rows))


@triton.jit
def subtract_average(x_ptr, average_ptr, y_ptr, count, columns, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    average = tl.load(average_ptr + offsets % columns, mask=mask)
    tl.store(y_ptr + offsets, tl.load(x_ptr + offsets, mask=mask) - average, mask=mask)


class ModelNew(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.register_buffer("average", torch.rand(features))

    def forward(self, x):
        x = x.contiguous()
        update_average[(x.shape[1],)](x, self.average, x.shape[0], x.stride(0), x.stride(1),
                                      BLOCK=triton.next_power_of_2(x.shape[0]))
        y = torch.empty_like(x)
        subtract_average[(triton.cdiv(x.numel(), 64),)](x, self.average, y, x.numel(), x.shape[1], BLOCK=64)
        return y
