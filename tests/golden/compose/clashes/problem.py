from collections import namedtuple

import torch
import torch.nn as nn

Pair = namedtuple("Pair", ["left", "right"])


def _check(size):
    if size < 1:
        raise ValueError(size)
    return size


def twice_kernel(size):
    return _check(size) * 2


class Model(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.__weight = nn.Parameter(torch.ones(twice_kernel(size)))

    def forward(self, torch_, device=None):
        kept = torch_ * self.__weight
        return Pair(left=kept * 2, right=kept * 3)


def get_inputs():
    return [torch.randn(8)]


def get_init_inputs():
    return [4]
