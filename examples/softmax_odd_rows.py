"""A softmax over rows of 1,013 elements.

What a reader learns: no extent has to be a power of two. One program takes one row, masks what lies past
its end, and reads and writes memory once: the maximum, the sum and the division are one kernel.
"""

import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return torch.softmax(x, dim=-1)


def get_inputs():
    return [torch.randn(7, 1013)]


def get_init_inputs():
    return []
