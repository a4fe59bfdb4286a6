import torch
import torch.nn as nn


class Model(nn.Module):
    """Uses a tensor's value as a Python number."""

    def forward(self, x):
        size = x.max().item()
        return x / size


def get_inputs():
    return [torch.randn(3, 4)]
