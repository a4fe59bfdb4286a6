import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x, y):
        x.add_(y)
        return x * 2


def get_inputs():
    return [torch.rand(300), torch.rand(300)]


def get_init_inputs():
    return []
