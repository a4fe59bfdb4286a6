import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, width, padding=1)

    def forward(self, x):
        return torch.relu(self.conv(x))


def get_inputs():
    return [torch.randn(2, 3, 40)]


def get_init_inputs():
    return [3, 4, 3]
