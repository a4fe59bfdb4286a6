import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return ((x * 0.5 + 1.25) * x - 2.0) * x + 0.1


def get_inputs():
    return [torch.randn(300, dtype=torch.float64)]


def get_init_inputs():
    return []
