import torch
import torch.nn as nn


class Model(nn.Module):
    """Writes an input that overlaps with another."""

    def forward(self, x, y):
        x.mul_(2.0)
        return y + 1.0


def get_inputs():
    a = torch.randn(6, 4)
    return [a, a[1:3]]
