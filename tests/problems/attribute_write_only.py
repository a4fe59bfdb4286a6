import torch
import torch.nn as nn


class Model(nn.Module):
    """Keeps its attention map for looking at, and counts its calls; nothing reads them."""

    def __init__(self):
        super().__init__()
        self.attention = None
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        self.attention = torch.softmax(x, dim=-1)
        return self.attention @ x


def get_inputs():
    return [torch.randn(4, 4)]
