"""Random numbers as inputs: what the problem drew in its own precision is drawn again by its float64 run.

Otherwise dropout in float64 would drop other elements, and the oracle would be another function.
"""

from __future__ import annotations

import torch

from kernelagent_worker import ties
from kernelagent_worker.call import OperatorMode

# Operators whose result is what they drew. Others that may draw inside (cuDNN's recurrent layers, fused attention with
# dropout) cannot be answered from a recording; with dropout they make the oracle another function, which shows as a
# problem that accepts any result (vacuous).
_DRAWS = {"bernoulli", "bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "multinomial", "native_dropout",
          "normal", "normal_", "poisson", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "random_",
          "randperm", "uniform_"}


def is_random(function):
    """Says whether an operator draws random numbers and returns them."""
    return function.namespace == "aten" and function._opname in _DRAWS


# Operators that hand a value to Python.
_READS = {"_local_scalar_dense", "equal", "is_nonzero"}


class Recorder(OperatorMode):
    """Keeps what every random operator drew, in order, and counts how often Python was given a value."""

    def __init__(self):
        super().__init__()
        self.drawn = []
        self.reads = 0
        self.chooses = False  # among equal elements, as it likes

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        result = function(*arguments, **(keywords or {}))
        self.reads += function.namespace == "aten" and function._opname in _READS
        self.chooses = self.chooses or ties.is_open(function)
        if is_random(function):
            self.drawn.append((function, _kept(result)))
        return result

    def operators(self):
        """Returns the operators that drew, with the shapes they drew, as messages name them."""
        return [{"name": str(function), "shapes": [list(tensor.shape) for tensor in kept if tensor is not None]}
                for function, kept in self.drawn]


class Replayer(OperatorMode):
    """Answers every random operator with what the Recorder kept, in the type asked for now."""

    def __init__(self, drawn):
        super().__init__()
        self._drawn = iter(drawn)

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        if not is_random(function):
            return function(*arguments, **(keywords or {}))
        recorded, kept = next(self._drawn, (None, ()))
        if recorded is not function:
            raise RuntimeError(f"the float64 run draws {function} where the first run drew {recorded}")
        if function is torch.ops.aten.native_dropout.default:
            values, probability = arguments[0], arguments[1]
            mask = kept[1]
            return values * mask * (1.0 / (1.0 - probability) if probability < 1 else 0.0), mask
        if function._schema.is_mutable:
            return arguments[0].copy_(kept[0])
        wide = [tensor.double() if tensor is not None and tensor.is_floating_point() else tensor for tensor in kept]
        return wide[0] if len(wide) == 1 else tuple(wide)


def _kept(result):
    results = result if isinstance(result, (tuple, list)) else (result,)
    return [item.clone() if isinstance(item, torch.Tensor) else None for item in results]
