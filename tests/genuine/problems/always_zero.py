import torch
import torch.nn as nn


class Model(nn.Module):
    """Zero by definition, as KernelBench's level2 80 is."""

    def forward(self, x):
        x = torch.max(x, dim=1, keepdim=True).values
        x = x - x.mean(dim=1, keepdim=True)
        return torch.nn.functional.gelu(x)


def get_inputs():
    return [torch.rand(32, 16)]


def get_init_inputs():
    return []
