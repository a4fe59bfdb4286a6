import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.bias = nn.Parameter(torch.randn(channels))

    def forward(self, x):
        return torch.relu(x + self.bias[:, None, None]) * 0.5


def get_inputs():
    return [torch.randn(2, 6, 9, 7)]


def get_init_inputs():
    return [6]
