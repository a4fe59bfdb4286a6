"""Small sample calls for every row of the operator table.

SAMPLES maps an operator ("aten.add.Tensor") to an Entry: the element types it is tried in, and functions that build one call each.
A function takes a Maker, which makes tensors of the element type under test, and returns call(arguments…, keywords…).
"""
import math
from dataclasses import dataclass

import torch

FLOATS = ("float32", "float16", "bfloat16", "float64")
NARROW = ("float32", "float16", "bfloat16")  # rows that refuse float64
INTEGERS = ("int64", "int32", "int8", "uint8")
WHOLE = INTEGERS + ("bool",)
NUMBERS = FLOATS + INTEGERS
ALL = NUMBERS + ("bool",)


def call(*arguments, **keywords):
    return arguments, keywords


@dataclass
class Entry:
    dtypes: tuple
    calls: list
    special: tuple = ()  #: element types also tried with NaN, infinities and signed zeros among the operands
    outputs: int = 99  #: how many outputs are returned (and so have to be computed)
    values: bool = True  #: False where the contents are nobody's business (empty)


SAMPLES: dict[str, Entry] = {}


def sample(names, dtypes, *calls, special=False):
    for name in names.split():
        assert name not in SAMPLES, name
        SAMPLES["aten." + name] = Entry(dtypes, list(calls), FLOATS if special is True else tuple(special or ()))


class Maker:
    """Makes tensors. m(2, 3) has the element type under test; m.f, m.i and m.b make floats, int64 and bools whatever that is."""

    SPECIAL = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 1e4, -1e4, 3.0)

    def __init__(self, dtype, seed=0, special=False):
        self.dtype = getattr(torch, dtype)
        self.special = special
        self.generator = torch.Generator().manual_seed(seed)
        self.turn = 0

    def __call__(self, *shape, low=-3.0, high=3.0, nonzero=False):
        if self.dtype == torch.bool:
            return self.b(*shape)
        if not self.dtype.is_floating_point:
            low = 0 if self.dtype == torch.uint8 else math.ceil(low)
            out = torch.randint(int(low), max(int(high), int(low)) + 1, shape, generator=self.generator).to(self.dtype)
            return torch.where(out == 0, torch.ones_like(out), out) if nonzero else out
        out = self.uniform(shape, low, high)
        if nonzero:
            out = torch.where(out.abs() < 0.1, torch.full_like(out, 0.7), out)
        return self.specials(out.to(self.dtype))

    def specials(self, out):
        """Overwrites the first elements, in a turned order per tensor, so that pairs meet in many combinations."""
        if self.special and out.dtype.is_floating_point:
            values = [v for v in self.SPECIAL]
            values = values[self.turn:] + values[:self.turn]
            self.turn = (self.turn + 3) % len(values)
            flat = out.flatten()
            count = min(len(values), flat.numel())
            flat[:count] = torch.tensor(values[:count], dtype=torch.float64).to(out.dtype)
            out = flat.view(out.shape)
        return out

    def uniform(self, shape, low, high):
        return low + (high - low) * torch.rand(shape, generator=self.generator, dtype=torch.float64)

    def f(self, *shape, low=-3.0, high=3.0):
        """Floats of the type under test, or float32 where that is no float; never special."""
        return self.uniform(shape, low, high).to(self.dtype if self.dtype.is_floating_point else torch.float32)

    def i(self, *shape, low=0, high=3):
        return torch.randint(low, high + 1, shape, generator=self.generator)

    def b(self, *shape):
        return torch.rand(shape, generator=self.generator) < 0.5

    def t(self, *values):
        return torch.tensor(values, dtype=self.dtype)


def load_all():
    """Imports every file of samples, which fill SAMPLES."""
    import samples_convolution  # noqa: F401
    import samples_index  # noqa: F401
    import samples_layout  # noqa: F401
    import samples_neural  # noqa: F401
    import samples_pointwise  # noqa: F401
    import samples_recurrent  # noqa: F401
    import samples_reduce  # noqa: F401
    import samples_scan  # noqa: F401

    return SAMPLES
