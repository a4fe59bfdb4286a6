import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = torch.tensor([[0.25], [0.5]]).expand(2, 4).contiguous()

    def forward(self, xs, k, power, reduction="sum", mask=None):
        steps = torch.tensor([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]], device=xs[0].device)
        y = xs[0] * k + xs[1]["bias"] * steps
        return y**power + self.shift.to(y.device)


def get_inputs():
    return [[torch.randn(2, 4), {"bias": torch.randn(2, 4)}], 1.5, 2]


def get_init_inputs():
    return []
