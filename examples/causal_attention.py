"""Causal attention as PyTorch names it, with two query heads for each key and value head.

What a reader learns: scaled_dot_product_attention is rewritten into two batched products around a softmax; the causal mask
is a comparison of positions, computed where it is needed, and shared heads are read, never copied.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class Model(nn.Module):
    def forward(self, query, key, value):
        return F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)


def get_inputs():
    return [torch.randn(2, 4, 33, 24), torch.randn(2, 2, 33, 24), torch.randn(2, 2, 33, 24)]


def get_init_inputs():
    return []
