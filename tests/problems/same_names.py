import torch
import torch.nn as nn


class Model(nn.Module):
    """Parameters of `forward` that are called like the model's own state."""

    def __init__(self):
        super().__init__()
        self.hidden = torch.zeros(4)
        self.register_buffer("x", torch.zeros(4))

    def forward(self, x, hidden):
        hidden.add_(1.0)
        self.hidden = self.hidden + hidden
        self.x = self.x + x.sum(0)
        return self.hidden + self.x


def get_inputs():
    return [torch.randn(3, 4), torch.randn(4)]
