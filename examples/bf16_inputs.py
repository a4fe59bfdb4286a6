"""A gated unit (SwiGLU) in bfloat16.

What a reader learns: inputs and outputs keep their dtype, sums run in float32, and the bound is that of the
dtype: the judge measures PyTorch's own bfloat16 error against float64 and allows no more than a small multiple.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Model(nn.Module):
    def __init__(self, features, hidden):
        super().__init__()
        self.gate = nn.Linear(features, hidden, bias=False, dtype=torch.bfloat16)
        self.up = nn.Linear(features, hidden, bias=False, dtype=torch.bfloat16)

    def forward(self, x):
        return F.silu(self.gate(x)) * self.up(x)


def get_inputs():
    return [torch.randn(20, 48, dtype=torch.bfloat16)]


def get_init_inputs():
    return [48, 40]
