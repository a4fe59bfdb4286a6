"""RMSNorm written out by hand, as most language models do.

What a reader learns: fusion does not look for a library's name. Five pointwise operators and a mean are
recognised for what they are, one pass over each row: one kernel.
"""

import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, features, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.eps = eps

    def forward(self, x):
        scale = torch.rsqrt(x.pow(2).mean(dim=-1, keepdim=True) + self.eps)
        return self.weight * (x * scale)


def get_inputs():
    return [torch.randn(4, 9, 80)]


def get_init_inputs():
    return [80]
