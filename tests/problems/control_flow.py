import torch
import torch.nn as nn


class Model(nn.Module):
    """Decides by the values of a tensor."""

    def forward(self, x):
        y = x * 2.0
        if y.sum() > 0:
            return y
        return -y


def get_inputs():
    return [torch.randn(3, 4)]
