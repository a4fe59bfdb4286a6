import torch
import torch.nn as nn


class Model(nn.Module):
    """Leaves the choice of types to autocast."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.fc(x)


def get_inputs():
    return [torch.randn(3, 4)]
