"""Several outputs: a tuple that holds a tensor, and a dictionary of two more.

What a reader learns: `forward` may return any nesting of tuples, lists and dictionaries; the program returns the
same one. The largest value and its index come from the same pass.
"""

import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        values, indices = torch.max(x, dim=-1)
        centred = x - x.mean(dim=-1, keepdim=True)
        return centred, {"values": values, "indices": indices}


def get_inputs():
    return [torch.randn(11, 57)]


def get_init_inputs():
    return []
