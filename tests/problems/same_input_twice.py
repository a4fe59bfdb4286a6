import torch
import torch.nn as nn


class Model(nn.Module):
    """Reads two inputs that happen to be one tensor: the program must be right for two."""

    def forward(self, x, y):
        return x - y


def get_inputs():
    a = torch.randn(3, 4)
    return [a, a]
