import torch
import torch.nn as nn


class Model(nn.Module):
    """Three steps of a moving mean over a ring."""

    def forward(self, x):
        for _ in range(3):
            x = (torch.roll(x, 1, dims=1) + x + torch.roll(x, -1, dims=1)) / 3.0
        return x


def get_inputs():
    return [torch.randn(6, 50)]


def get_init_inputs():
    return []
