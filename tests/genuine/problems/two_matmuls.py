import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, a, b, c, d):
        return torch.matmul(a, b), torch.matmul(c, d)


def get_inputs():
    return [torch.rand(40, 24), torch.rand(24, 33), torch.rand(17, 50), torch.rand(50, 20)]


def get_init_inputs():
    return []
