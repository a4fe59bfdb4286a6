"""The index of the largest element along the middle dimension.

What a reader learns: indices are compared exactly. Where several elements are equal the first one wins, as
in PyTorch, and the judge makes such ties on purpose.
"""

import torch
import torch.nn as nn


class Model(nn.Module):
    def forward(self, x):
        return torch.argmax(x, dim=1)


def get_inputs():
    return [torch.randint(0, 9, (5, 77, 6)).float()]


def get_init_inputs():
    return []
