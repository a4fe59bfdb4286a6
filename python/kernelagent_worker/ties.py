"""An order among equals where PyTorch leaves it open: the earlier element first, as a stable sort has it.

`topk`, `kthvalue`, `median` and an unstable `sort` may name any of several equal elements, and name others on another device. Whatever
reads those positions then differs without being wrong. So the reference's runs, the oracle among them, all choose the same one.
"""

from __future__ import annotations

import torch

from kernelagent_worker.call import OperatorMode


def is_open(function):
    """Says whether an operator chooses among equal elements as it likes."""
    return function in _CHOICES


class StableOrder(OperatorMode):
    """Answers such operators from a stable sort."""

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        choice = _CHOICES.get(function)
        if choice is None or arguments[0].dim() == 0:
            return function(*arguments, **(keywords or {}))
        return choice(*arguments, **(keywords or {}))


def _sort(values, dim=-1, descending=False):
    return tuple(torch.sort(values, dim=dim, descending=descending, stable=True))


def _topk(values, k, dim=-1, largest=True, sorted=True):
    return tuple(part.narrow(dim, 0, k).contiguous() for part in _sort(values, dim, largest))


def _kth_value(values, k, dim=-1, keepdim=False):
    return _at(values, torch.full_like(values.narrow(dim, 0, 1), k - 1, dtype=torch.int64), dim, keepdim)


def _median(values, dim, keepdim=False):
    """The lower of two middles; the first NaN where there is one."""
    numbers = _numbers(values, dim)
    return _at(values, torch.where(numbers == values.shape[dim], (numbers - 1) // 2, numbers), dim, keepdim)


def _median_of_numbers(values, dim, keepdim=False):
    return _at(values, (_numbers(values, dim) - 1).clamp_min(0) // 2, dim, keepdim)


def _numbers(values, dim):
    return (values == values).sum(dim, keepdim=True)


def _at(values, rank, dim, keepdim):
    found = (part.gather(dim, rank) for part in _sort(values, dim))
    return tuple(part if keepdim else part.squeeze(dim) for part in found)


_CHOICES = {torch.ops.aten.sort.default: _sort, torch.ops.aten.topk.default: _topk, torch.ops.aten.kthvalue.default: _kth_value,
            torch.ops.aten.median.dim: _median, torch.ops.aten.nanmedian.dim: _median_of_numbers}
