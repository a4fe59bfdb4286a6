import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.fc = nn.Linear(inputs, outputs)

    def forward(self, x):
        return self.fc(x)


def get_inputs():
    return [torch.randn(20, 64)]


def get_init_inputs():
    return [64, 30]
