import torch
import torch.nn as nn


class Model(nn.Module):
    """Keeps its hidden state in a plain attribute that every call replaces."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 4)
        self.hidden = torch.zeros(2, 4)
        self.scale = torch.full((4,), 0.5)

    def forward(self, x):
        self.hidden = torch.tanh(self.fc(torch.cat([x, self.hidden], dim=1)) * self.scale)
        return self.hidden * 2.0


def get_inputs():
    return [torch.randn(2, 4)]
