"""Batch norm in train mode, a residual and ReLU.

What a reader learns: a program may change its own state. The batch's statistics normalise the input, the
running statistics and `num_batches_tracked` are updated in place, and the judge compares them like outputs.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Model(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, x):
        return F.relu(self.norm(x) + x)


def get_inputs():
    return [torch.randn(4, 6, 9, 7)]


def get_init_inputs():
    return [6]
