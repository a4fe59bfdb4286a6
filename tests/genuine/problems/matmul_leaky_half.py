import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, a, b):
        return torch.nn.functional.leaky_relu(torch.matmul(a, b), 0.01)


def get_inputs():
    return [torch.randn(40, 56, dtype=torch.float16), torch.randn(56, 24, dtype=torch.float16)]


def get_init_inputs():
    return []
