import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return x + torch.nn.functional.pad(x[1:], (0, 1))


def get_inputs():
    return [torch.rand(300)]


def get_init_inputs():
    return []
