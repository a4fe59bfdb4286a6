import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x, keep):
        total = torch.where(keep, x, torch.zeros_like(x)).sum(dim=1)
        return total / keep.sum(dim=1).clamp(min=1)


def get_inputs():
    return [torch.randn(9, 64), torch.rand(9, 64) > 0.4]


def get_init_inputs():
    return []
