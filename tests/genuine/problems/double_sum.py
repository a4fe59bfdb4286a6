import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return torch.sum(x, dim=1)


def get_inputs():
    return [torch.rand(8, 200, dtype=torch.float64)]


def get_init_inputs():
    return []
