import torch
import torch.nn as nn


class Model(nn.Module):
    """Takes containers and a variable number of arguments."""

    def forward(self, pair, table, *rest):
        return pair[0] + pair[1] * table["scale"] + rest[0] - rest[1]


def get_inputs():
    t = lambda: torch.randn(3, 4)
    return [[t(), t()], {"scale": t(), "unused": 2.0}, t(), t()]
