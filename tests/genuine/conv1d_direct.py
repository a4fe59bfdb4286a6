# problem: conv1d
# expect: accepted
# family: matmul
# style: a direct convolution in a ModelNew, loops over channels and taps, edges by masks
import torch
import torch.nn as nn
import triton
import triton.language as tl


@triton.jit
def conv1d_relu(x_ptr, w_ptr, b_ptr, y_ptr, inputs, outputs, length, WIDTH: tl.constexpr, BLOCK: tl.constexpr):
    sample = tl.program_id(0)
    output = tl.program_id(1)
    t = tl.program_id(2) * BLOCK + tl.arange(0, BLOCK)
    total = tl.zeros((BLOCK,), dtype=tl.float32)
    for channel in range(inputs):
        for tap in tl.static_range(WIDTH):
            place = t + tap - WIDTH // 2
            x = tl.load(x_ptr + (sample * inputs + channel) * length + place, mask=(place >= 0) & (place < length), other=0.0)
            total += x * tl.load(w_ptr + (output * inputs + channel) * WIDTH + tap)
    total += tl.load(b_ptr + output)
    total = tl.where(total < 0.0, 0.0, total)
    tl.store(y_ptr + (sample * outputs + output) * length + t, total, mask=t < length)


class ModelNew(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, width, padding=1)

    def forward(self, x):
        x = x.contiguous()
        batch, inputs, length = x.shape
        outputs, _, width = self.conv.weight.shape
        y = torch.empty((batch, outputs, length), dtype=x.dtype, device=x.device)
        conv1d_relu[(batch, outputs, triton.cdiv(length, 64))](x, self.conv.weight, self.conv.bias, y, inputs, outputs, length,
                                                               WIDTH=width, BLOCK=64)
        return y
