import torch
import torch.nn as nn


TABLE = torch.tensor([1.0, 2.0, 3.0, 4.0])


class Model(nn.Module):
    """Constants: not a number, infinities, a list, one value, an attribute, a global."""

    def __init__(self):
        super().__init__()
        self.weights = torch.tensor([0.25, 0.5, 0.75, 1.0])

    def forward(self, x):
        x = torch.where(x > 1.0, float("nan"), x)
        x = torch.clamp(x, min=float("-inf"), max=1e30)
        x = x + torch.tensor([1.0, float("inf"), float("nan"), -0.0])
        return x * self.weights * torch.tensor(0.5) + TABLE


def get_inputs():
    return [torch.randn(3, 4)]
