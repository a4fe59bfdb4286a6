import torch
import torch.nn as nn
import package_that_is_not_there


class Model(nn.Module):
    def forward(self, x):
        return package_that_is_not_there.run(x)


def get_inputs():
    return [torch.rand(3, 4)]


def get_init_inputs():
    return []
