"""Causal attention written with matmul, masked_fill and softmax.

What a reader learns: how a longer chain is cut. The scale and the mask belong to the first product, the
softmax is a reduction over its rows, the second product reads the probabilities; `kernelagent plan` prints the
reason for each cut.
"""

import math

import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, length):
        super().__init__()
        self.register_buffer("mask", torch.tril(torch.ones(length, length)) == 0)

    def forward(self, q, k, v):
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))
        scores = scores.masked_fill(self.mask, float("-inf"))
        weights = torch.softmax(scores, dim=-1)
        return weights @ v


def get_inputs():
    return [torch.randn(2, 2, 24, 16) for _ in range(3)]


def get_init_inputs():
    return [24]
