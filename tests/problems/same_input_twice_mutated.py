import torch
import torch.nn as nn


class Model(nn.Module):
    """Writes one of two inputs that are one tensor: the other sees it."""

    def forward(self, x, y):
        x.mul_(2.0)
        return x + y


def get_inputs():
    a = torch.randn(3, 4)
    return [a, a]
