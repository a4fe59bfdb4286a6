import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return torch.relu(x).t()


def get_inputs():
    return [torch.randn(21, 34)]


def get_init_inputs():
    return []
