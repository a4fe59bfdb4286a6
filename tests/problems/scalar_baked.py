import torch
import torch.nn as nn


class Model(nn.Module):
    """`times` decides the program, `scale` does not."""

    def forward(self, x, scale, times, flag):
        for _ in range(times):
            x = x * scale
        return x if flag else -x


def get_inputs():
    return [torch.randn(3, 4), 0.5, 2, True]
