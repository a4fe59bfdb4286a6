import collections
import dataclasses

import torch
import torch.nn as nn

Pair = collections.namedtuple("Pair", ["first", "second"])


@dataclasses.dataclass
class Extra:
    mean: torch.Tensor
    label: str = "mean"


class Model(nn.Module):
    """Nests its outputs in every container there is."""

    def forward(self, x):
        y = torch.relu(x)
        return {"y": y, "list": [x.sum(), None, (y, 3)], "pair": Pair(x + 1, 2.5), 7: Extra(x.mean())}


def get_inputs():
    return [torch.randn(3, 4)]
