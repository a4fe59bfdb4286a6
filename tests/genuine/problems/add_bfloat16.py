import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x, y):
        return x + y


def get_inputs():
    return [torch.rand(64, 32, dtype=torch.bfloat16), torch.rand(64, 32, dtype=torch.bfloat16)]


def get_init_inputs():
    return []
