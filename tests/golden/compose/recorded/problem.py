import torch
import torch.nn as nn


class Model(nn.Module):
    """Counts its calls, keeps a running sum, and returns two results."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 8))
        self.register_buffer("total", torch.zeros(4, 8))
        self.register_buffer("calls", torch.tensor(0))

    def forward(self, x, y):
        self.calls += 1
        self.total += x
        scaled = x * self.weight
        return torch.relu(scaled), scaled + y


def get_inputs():
    return [torch.randn(4, 8), torch.randn(4, 8)]


def get_init_inputs():
    return []
