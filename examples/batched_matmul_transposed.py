"""A batch of matrix products whose second operand is transposed.

What a reader learns: a transpose is an index, not a copy. The kernel reads the operand where it lies; extents
that fill no tile (17, 29, 23) are masked.
"""

import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, a, b):
        return torch.bmm(a, b.transpose(1, 2))


def get_inputs():
    return [torch.randn(3, 17, 29), torch.randn(3, 23, 29)]


def get_init_inputs():
    return []
