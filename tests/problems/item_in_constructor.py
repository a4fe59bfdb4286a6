import torch
import torch.nn as nn

import numpy as np


class Model(nn.Module):
    """A constructor that reads values: it cannot be built from fake tensors."""

    def __init__(self):
        super().__init__()
        rates = [rate.item() for rate in torch.linspace(0.1, 0.3, 3)]
        self.scale = rates[1]
        self.register_buffer("table", torch.from_numpy(np.arange(4.0, dtype=np.float32)))
        self.weight = nn.Parameter(torch.randn(4))
        if self.weight.sum().item() > 1e9:
            self.scale = 0.0

    def forward(self, x):
        return x * self.weight + self.table * self.scale


def get_inputs():
    x = torch.randn(3, 4)
    return [x / float(x.abs().max())]
