"""A depthwise convolution and a max pooling: each is one kernel that walks a window tap by tap."""

import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self, channels: int):
        super().__init__()
        self.depthwise = nn.Conv2d(channels, channels, kernel_size=3, padding=1, groups=channels)
        self.pool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)

    def forward(self, x):
        return self.pool(torch.sigmoid(self.depthwise(x)))


def get_inputs():
    return [torch.randn(2, 12, 14, 15)]


def get_init_inputs():
    return [12]
