import torch
import torch.nn as nn


class Model(nn.Module):
    """A Python counter that the result depends on."""

    def __init__(self):
        super().__init__()
        self.step = 0

    def forward(self, x):
        self.step += 1
        return x * self.step


def get_inputs():
    return [torch.randn(4, 4)]
