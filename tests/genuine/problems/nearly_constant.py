import torch
import torch.nn as nn


class Model(nn.Module):
    """Not constant, but cancellation leaves nothing of how the input enters."""

    def forward(self, x):
        return (1000.0 + torch.tanh(x) * 1e-5) - 1000.0


def get_inputs():
    return [torch.rand(32, 16)]


def get_init_inputs():
    return []
