"""Distances between a result and the oracle, as numbers. What is near enough is decided in C++ (src/judge/numerics.h).

Tensors are compared in chunks, in float64. With y the result, o the oracle's value and p PyTorch's own value in the
problem's precision:
- e = |y − o| over the elements where both are finite and o fits y's element type;
- s = max(|o|, mean |o|), so that elements that cancel to nearly nothing are held to their neighbours' scale;
- an element is misplaced when y is not finite but p is; or when p is not finite and y is neither what p is, nor what o is, nor
  (o being finite) a number. Where the inputs hold NaN or infinity and neither p nor o is finite, any y that is not finite will do.
"""

from __future__ import annotations

import math

import torch

from kernelagent_worker.inputs import chunks

CHUNK = 1 << 24


class Oracle:
    """The oracle's values of one output, with the sums every comparison needs."""

    def __init__(self, tensor, dtype):
        self.flat = _flat(tensor)
        self.shape = (*tensor.shape, 2) if tensor.is_complex() else tuple(tensor.shape)
        self.discrete = not (self.flat.is_floating_point() or tensor.is_complex())
        self.largest_finite = torch.finfo(dtype).max if dtype.is_floating_point or dtype.is_complex else math.inf
        self.variants = []  # of a discrete output: the values other correct runs of the reference gave
        if self.discrete:
            self.count = self.flat.numel()
            return
        count, total, magnitude, square = 0, 0.0, 0.0, 0.0
        for start, end in chunks(self.flat.numel(), CHUNK):
            part = self.flat[start:end].double()
            finite = torch.isfinite(part)
            if not finite.all():
                part = part[finite]
            if part.numel() == 0:
                continue
            figures = torch.stack([part.sum(), part.abs().sum(), part.square().sum()]).tolist()
            count += part.numel()
            total, magnitude, square = total + figures[0], magnitude + figures[1], square + figures[2]
        self.count = count
        self.mean = total / count if count else 0.0
        self.floor = magnitude / count if count else 0.0
        self.rms = math.sqrt(square / count) if count else 0.0
        self.deviation = _deviation(square / count, self.mean) if count else 0.0

    def to_json(self):
        if self.discrete:
            return {"discrete": True, "count": self.count}
        return {"discrete": False, "count": self.count, "elements": self.flat.numel(), "rms": self.rms,
                "mean": self.mean, "floor": self.floor, "spread": self.deviation}


def _deviation(mean_square, mean):
    """The standard deviation; 0 where the squares are beyond float64."""
    variance = mean_square - mean * mean
    return math.sqrt(variance) if variance > 0.0 and math.isfinite(variance) else 0.0


class PerChannel:
    """A tensor of the given shape that holds one value per index of `dim`, made slice by slice."""

    def __init__(self, values, shape, dim):
        self.values = values
        self.inner = math.prod(shape[dim + 1:])

    def __getitem__(self, part):
        places = torch.arange(part.start, part.stop, device=self.values.device)
        return self.values[places.div_(self.inner, rounding_mode="floor").remainder_(len(self.values))]


class Independent:
    """Elements of a result that are the same number whatever finite numbers stand in the place of NaN and infinity in an input, or in all of
    them: the values behind a causal mask, which the definition multiplies by zero. There is none where nothing depends on those numbers:
    then the result is a constant by definition, and 0 · NaN is what tells it apart from one."""

    def __init__(self, oracle):
        self.infinite = ~torch.isfinite(oracle.flat)
        self.values = torch.full_like(oracle.flat, math.nan, dtype=torch.float64)
        self.some_depend = False

    def hear(self, truth, first, last):
        """One of several truths, each with other numbers; `first` and `last` of those that replace the same inputs."""
        now = _flat(truth).double()
        if first:
            self.series = torch.where(self.infinite, now, math.nan)
            return
        same = (self.series - now).abs() <= 1e-9 * self.series.abs()
        self.some_depend |= bool((torch.isfinite(self.series) & ~same).any())
        self.series = torch.where(same, self.series, math.nan)
        if last:
            self.values = torch.where(torch.isfinite(self.values), self.values, self.series)
            self.series = None

    def stand_in(self, y, start, end, *expected):
        """What may be expected of y: these numbers, where it holds numbers."""
        if not self.some_depend:
            return expected
        values = self.values[start:end]
        take = torch.isfinite(values) & torch.isfinite(y)
        return tuple(torch.where(take, values, one) for one in expected)


def compare(result, oracle, own=None, nonfinite_inputs=False, independent=None):
    """Measures `result` (a tensor, a PerChannel, or a number that stands for a constant one) against the oracle; `own` is p above."""
    if oracle.discrete:
        return _compare_discrete(result, oracle)
    constant = not isinstance(result, (torch.Tensor, PerChannel))
    y_flat = None if constant else result if isinstance(result, PerChannel) else _flat(result)
    p_flat = None if own is None else _flat(own)
    count, square, largest, scaled, misplaced = 0, 0.0, 0.0, 0.0, 0
    worst, first_misplaced = -1, -1
    for start, end in chunks(oracle.flat.numel(), CHUNK):
        o = oracle.flat[start:end].double()
        y = torch.full_like(o, result) if constant else y_flat[start:end].double()
        p = None if p_flat is None else p_flat[start:end].double()
        if independent is not None:
            o, p = independent.stand_in(y, start, end, o, p)
        error = (y - o).abs()
        usable = torch.isfinite(error)
        everywhere = bool(usable.all()) and (p is None or bool(torch.isfinite(p).all()))
        if not everywhere:
            usable &= o.abs() <= oracle.largest_finite
            if p_flat is not None:
                bad = _misplaced(y, o, p, usable, nonfinite_inputs)
                number = int(bad.sum())
                if number and first_misplaced < 0:
                    first_misplaced = start + int(bad.to(torch.uint8).argmax())
                misplaced += number
            error = torch.where(usable, error, 0.0)
        ratio = error / o.abs().clamp_(min=oracle.floor) if oracle.floor > 0 else error.sign() * math.inf
        ratio.nan_to_num_(nan=0.0, posinf=math.inf)
        peak, place = ratio.max(dim=0)
        figures = torch.stack([error.square().sum(), error.max(), peak, usable.sum().double(), place.double()]).tolist()
        square, largest, count = square + figures[0], max(largest, figures[1]), count + int(figures[3])
        if worst < 0 or figures[2] > scaled:
            scaled, worst = figures[2], start + int(figures[4])
    reply = {"count": count, "rms_error": math.sqrt(square / count) if count else 0.0, "max_error": largest,
             "max_scaled": scaled, "misplaced": misplaced}
    place = first_misplaced if misplaced else worst
    if place >= 0 and isinstance(result, torch.Tensor):
        reply["worst_index"] = list(_unravel(place, oracle.shape))
        reply["worst_value"] = _value(y_flat, place)
        reply["worst_expected"] = _value(p_flat if misplaced else oracle.flat, place)
    return reply


def _misplaced(y, o, p, usable, nonfinite_inputs):
    finite_p = torch.isfinite(p)
    finite_y = torch.isfinite(y)
    same_kind = (torch.isnan(p) & torch.isnan(y)) | (p == y) | (torch.isnan(o) & torch.isnan(y)) | (o == y)
    if nonfinite_inputs:  # inf - inf or inf: what comes of infinities depends on the order of operations
        same_kind |= ~finite_y & ~torch.isfinite(o)
    return torch.where(finite_p, ~finite_y, ~same_kind & ~(finite_y & usable))


def _compare_discrete(result, oracle):
    if not isinstance(result, torch.Tensor):
        result = torch.full_like(oracle.flat, int(result))
    y = _flat(result)
    differing, first = 0, -1
    for start, end in chunks(oracle.flat.numel(), CHUNK):
        bad = y[start:end] != oracle.flat[start:end]
        for variant in oracle.variants:
            bad &= y[start:end] != variant[start:end]
        number = int(bad.sum())
        if number and first < 0:
            first = start + int(bad.to(torch.uint8).argmax())
        differing += number
    reply = {"count": oracle.count, "differing": differing}
    if first >= 0:
        reply["worst_index"] = list(_unravel(first, oracle.shape))
        reply["worst_value"] = _value(y, first)
        reply["worst_expected"] = _value(oracle.flat, first)
    return reply


def _flat(tensor):
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    return tensor.reshape(-1)


def _value(flat, place):
    return float(flat[place].item())


def _unravel(place, shape):
    index = []
    for extent in reversed(shape):
        index.append(place % extent)
        place //= extent
    return reversed(index)
