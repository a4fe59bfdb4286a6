import torch
import torch.nn as nn


class Model(nn.Module):
    """Returns its input, a transposed view of it, and a view of a parameter."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, 5))

    def forward(self, x):
        return x, x.t(), self.weight[1], x.clone()


def get_inputs():
    return [torch.randn(3, 4)]
