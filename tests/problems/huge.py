import torch
import torch.nn as nn


class Model(nn.Module):
    """64 GiB of weights and inputs, and a constructor that reads a value: tracing must not allocate them."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(65536, 65536)
        self.scale = torch.linspace(0, 1, 3)[1].item()

    def forward(self, x):
        return self.fc(x * self.scale)


def get_inputs():
    return [torch.rand(131072, 65536)]
