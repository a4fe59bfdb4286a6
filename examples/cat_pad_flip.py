"""Concatenate, pad, flip and slice, with some arithmetic on the way.

What a reader learns: data movement composes into one index expression. The whole chain is one kernel that reads
each source element where it is.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Model(nn.Module):
    def forward(self, a, b):
        x = torch.cat([a, 2.0 * b], dim=1)
        x = F.pad(x, (1, 2), value=0.5)
        x = torch.flip(x, dims=[-1])
        return x[:, ::2].permute(0, 2, 1) + 1.0


def get_inputs():
    return [torch.randn(3, 4, 10), torch.randn(3, 3, 10)]


def get_init_inputs():
    return []
