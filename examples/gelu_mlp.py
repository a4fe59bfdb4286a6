"""A two-layer perceptron: linear, GELU, linear.

What a reader learns: a matmul takes its bias and its activation with it (an epilogue), so the three
operators become two kernels, and the hidden activations are written once and read once.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Model(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.up = nn.Linear(features, hidden)
        self.down = nn.Linear(hidden, features)

    def forward(self, x):
        x = self.up(x)
        x = F.gelu(x)
        return self.down(x)


def get_inputs():
    return [torch.randn(24, 32)]


def get_init_inputs():
    return [32, 64]
