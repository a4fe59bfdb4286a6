import torch
import torch.nn as nn


class Model(nn.Module):
    """The shape of the result depends on values."""

    def forward(self, x):
        return x[x > 0]


def get_inputs():
    return [torch.randn(3, 4)]
