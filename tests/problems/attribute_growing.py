import torch
import torch.nn as nn


class Model(nn.Module):
    """A cache that grows: every call is another program."""

    def __init__(self):
        super().__init__()
        self.cache = torch.zeros(0, 4)

    def forward(self, x):
        self.cache = torch.cat([self.cache, x])
        return self.cache.sum()


def get_inputs():
    return [torch.randn(2, 4)]
