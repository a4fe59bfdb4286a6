"""Results that need no computation, which the comparing process measures as if a candidate had returned them.

A kind is named by a text, so that src/judge/vacuity.h can ask for those that have passed so far:
- "zero";
- "constant": the oracle's mean in the first trial (of a discrete result its commonest value), the one constant a cheat could return;
- "channels/D": the first trial's mean along every dim but D, a constant per channel;
- "input/GROUP/NAME": an input handed through, and "mean/GROUP/NAME": its mean;
- "previous": what the problem returned in the trial before;
- "dropped/GROUP": what the problem would have returned without its last step, which the reference wrote into the group.
"""

from __future__ import annotations

import torch

from kernelagent_worker import measure

_SAMPLE = 1 << 16


class Substitutes:
    def __init__(self):
        self.constants = {}
        self.channels = {}  # (name, dim) → the mean of each channel
        self.previous = {}

    def first(self, name, oracle, own):
        """Learns the constants from the first trial's oracle of a result; later calls change nothing."""
        if name in self.constants or own.numel() == 0:
            return
        if oracle.discrete:
            self.constants[name] = int(oracle.flat[:_SAMPLE].mode().values)
            return
        self.constants[name] = oracle.mean
        if own.is_complex() or own.dim() < 2:
            return
        whole = oracle.flat.view(own.shape)
        for dim in {1, own.dim() - 1}:
            others = [axis for axis in range(own.dim()) if axis != dim]
            self.channels[name, dim] = whole.mean(others)

    def figures(self, name, kind, oracle, own, groups):
        """Measures one substitute for one result (PyTorch's own values are `own`); None where there is nothing of that kind."""
        value = self.value(name, kind, own, groups)
        if value is None:
            return None
        figures = measure.compare(value, oracle, own)
        return {key: figures[key] for key in ("count", "rms_error", "max_scaled", "misplaced", "differing") if key in figures}

    def value(self, name, kind, own, groups):
        kind, _, rest = kind.partition("/")
        if kind == "zero":
            return 0
        if kind == "constant":
            return self.constants.get(name)
        if kind == "channels":
            dim = int(rest) % max(own.dim(), 1)
            means = self.channels.get((name, dim))
            return None if means is None else measure.PerChannel(means, own.shape, dim)
        if kind == "previous":
            return self.previous.get(name)
        group, _, tensor = rest.partition("/")
        value = groups[group].tensors.get(name if kind == "dropped" else tensor)
        if value is None:
            return None
        if kind == "mean":
            return float(value.mean(dtype=torch.float64)) if value.is_floating_point() and value.numel() else None
        return value if value.dtype == own.dtype and value.shape == own.shape else None

    def remember(self, name, own):
        """Keeps a copy of this trial's values for the next one's "previous"."""
        self.previous[name] = own.clone()
