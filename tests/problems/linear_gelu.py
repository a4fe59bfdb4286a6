import torch
import torch.nn as nn


class Model(nn.Module):
    """A linear layer and its activation."""

    def __init__(self, features, units):
        super().__init__()
        self.fc = nn.Linear(features, units)

    def forward(self, x):
        y = self.fc(x)
        return torch.nn.functional.gelu(y, approximate="tanh")


def get_inputs():
    return [torch.randn(4, 8)]


def get_init_inputs():
    return [8, 16]
