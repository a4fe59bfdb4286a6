"""Values of the judge's own inputs: distributions, the domain they must stay in, and movement by one ulp.

Everything works on the elements in memory order, in chunks, so that tensors of many gigabytes need little beside themselves.
"""

from __future__ import annotations

import math

import torch

from kernelagent_worker.protocol import Failure

CHUNK = 1 << 26  # elements at a time

_CATEGORIES = 8  # a floating input with at most this many distinct values holds labels, not measurements
_FEW = 1 << 12  # distinct values of a discrete input that are remembered
_SAMPLE = 1 << 16
_LARGE = {torch.float16: 32.0, torch.bfloat16: 1e3}
_TINY = {torch.float16: 1e-3}
_BITS = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


def chunks(count, size=CHUNK):
    for start in range(0, count, size):
        yield start, min(start + size, count)


def generator(device, seed):
    made = torch.Generator(device=device)
    made.manual_seed(seed)
    return made


class Profile:
    """What the problem's own inputs were seen to hold: the range of indices, labels, and whether signs occur."""

    def __init__(self):
        self.low = None
        self.high = None
        self.labels = None
        self.seen = set()  # values of a discrete input, of which there are few
        self.finite = True

    def observe(self, flat):
        if flat.numel() == 0:
            return
        if flat.is_complex():
            flat = torch.view_as_real(flat).view(-1)
        wide = flat.to(torch.uint8) if flat.dtype == torch.bool else flat
        low, high = (value.item() for value in torch.aminmax(wide))
        self.finite = self.finite and low == low and abs(low) != float("inf") and abs(high) != float("inf")
        if not flat.is_floating_point() and self.seen is not None:
            self.seen |= set(torch.unique(wide[: 1 << 22]).tolist())
            self.seen = self.seen if len(self.seen) <= _FEW else None
        first = self.low is None
        self.low = low if first else min(self.low, low)
        self.high = high if first else max(self.high, high)
        if flat.is_floating_point():
            sample = set(torch.unique(flat[:: max(1, flat.numel() // _SAMPLE)].float()).tolist())
            if first:
                self.labels = sample
            elif self.labels is not None:
                self.labels |= sample
            few = self.labels is not None and 2 <= len(self.labels) <= _CATEGORIES and flat.numel() >= 8 * len(self.labels)
            self.labels = self.labels if few and self.finite else None

    def to_json(self):
        return {"low": self.low, "high": self.high, "labels": sorted(self.labels) if self.labels else None,
                "finite": self.finite}


def fill(tensor, flat, distribution, seed, profile, non_negative, domain=""):
    """Overwrites a tensor (`flat` is its memory) with values of the named distribution that stay in the observed domain.

    `domain` narrows that where the problem takes no others: with "seen" discrete values are such as were seen, not all between them; with
    "range" floating ones are moved between the least and the greatest that were seen, too, with "whole_range" between the whole numbers
    around these.
    """
    make = generator(flat.device, seed)
    if flat.is_complex():
        flat = torch.view_as_real(flat).view(-1)
    if not flat.is_floating_point():
        _fill_discrete(tensor, flat, distribution, make, profile, domain)
        return
    if profile.labels and distribution != "zeros":
        table = torch.tensor(sorted(profile.labels), dtype=flat.dtype, device=flat.device)
        for start, end in chunks(flat.numel()):
            flat[start:end] = table[torch.randint(len(table), (end - start,), generator=make, device=flat.device)]
        return
    if distribution == "constant_rows":
        assign(tensor, _row_values(tensor, make).expand(tensor.shape))
    else:
        write = DISTRIBUTIONS.get(distribution)
        if write is None:
            raise Failure("bad_request", f"no distribution {distribution}")
        for start, end in chunks(flat.numel()):
            write(flat[start:end], make)
        if distribution == "uniform":
            _spike(tensor, make)
    if non_negative:
        for start, end in chunks(flat.numel()):
            flat[start:end].abs_()
    if domain in ("range", "whole_range") and profile.finite and profile.low is not None:
        whole = domain == "whole_range"
        _move_between(flat, math.floor(profile.low) if whole else profile.low, math.ceil(profile.high) if whole else profile.high)


def _row_values(tensor, make):
    """One normal value for each row; every other row on average is smaller by up to twelve decades, as the constants are that keep
    denominators from zero."""
    shape = (*tensor.shape[:-1], 1) if tensor.dim() else ()
    decades = torch.empty(shape, dtype=torch.float64, device=tensor.device).uniform_(-12.0, 12.0, generator=make).clamp_(max=0.0)
    return torch.randn(shape, generator=make, device=tensor.device) * torch.pow(10.0, decades)


def _spike(tensor, make):
    """Puts values of up to 8 where a kernel that ends too early or begins too late would not look: first, last, and behind some rows."""
    if not tensor.numel() or not tensor.dim() or 0 in tensor.stride():
        return
    ends = tensor[..., -1]
    chance = torch.empty(ends.shape, dtype=torch.float32, device=tensor.device).uniform_(-1.0, 1.0, generator=make)
    ends.copy_(torch.where(chance.abs() < 0.125, (64.0 * chance).to(tensor.dtype), ends))
    for place in (0, -1):
        tensor[(place,) * tensor.dim()] = 8.0 * chance.reshape(-1)[place]


def _move_between(flat, low, high):
    """Maps finite values between two others, in their order."""
    finite = torch.isfinite(flat)
    if not finite.any():
        return
    least, greatest = (value.item() for value in torch.aminmax(flat[finite]))
    span = greatest - least
    for start, end in chunks(flat.numel()):
        part = flat[start:end]
        moved = (part.double() - least) * ((high - low) / span if span else 0.0) + low
        flat[start:end] = torch.where(torch.isfinite(part), moved.clamp_(low, high).to(flat.dtype), part)


def _fill_discrete(tensor, flat, distribution, make, profile, domain):
    """Whole numbers within the range that was seen, or flags; "zeros" is the least everywhere, "constant_rows" one for each row."""
    low, high = int(profile.low or 0), int(profile.high or 0)
    if flat.dtype == torch.bool and profile.high is None:
        high = 1
    table = None
    if domain and profile.seen:
        table = torch.tensor(sorted(profile.seen), dtype=torch.int64, device=flat.device)
        low, high = 0, len(table) - 1

    def drawn(shape):
        values = torch.randint(low, high + 1, shape, generator=make, device=flat.device)
        return (values if table is None else table[values]).to(flat.dtype)

    if distribution == "zeros":
        flat.fill_(low if table is None else table[0].item())
    elif distribution == "constant_rows" and tensor.dim():
        assign(tensor, drawn((*tensor.shape[:-1], 1)).expand(tensor.shape))
    else:
        for start, end in chunks(flat.numel()):
            flat[start:end] = drawn((end - start,))


def _normal(out, make, scale=1.0):
    out.normal_(0.0, 1.0, generator=make)
    if scale != 1.0:
        out.mul_(scale)


def _large(out, make):
    """Far from zero; the first quarter on one side, where a maximum that begins with some negative number shows it."""
    _normal(out, make)
    out[: out.numel() // 4].sub_(3.0)
    out.mul_(_LARGE.get(out.dtype, 1e4))


def _uniform(out, make):
    out.uniform_(-1.0, 1.0, generator=make)


def _heavy_tailed(out, make):
    """Pareto with shape 1.5 and random sign: most values near 1, a few in the thousands."""
    wide = torch.empty(out.shape, dtype=torch.float32, device=out.device).uniform_(-1.0, 1.0, generator=make)
    magnitude = wide.abs().clamp_(min=1e-6).pow_(-1.0 / 1.5)
    out.copy_(magnitude.mul_(wide.sign()))


def _mixed(out, make):
    """Magnitudes spread evenly over six decades, signs random."""
    exponent = torch.empty(out.shape, dtype=torch.float32, device=out.device).uniform_(-3.0, 3.0, generator=make)
    sign = torch.empty_like(exponent).uniform_(-1.0, 1.0, generator=make).sign_()
    out.copy_(torch.pow(10.0, exponent).mul_(sign))


def _sparse(out, make):
    """One value in ten; the others are zeros of both signs."""
    _normal(out, make)
    chance = torch.empty(out.shape, dtype=torch.float32, device=out.device).uniform_(0.0, 1.0, generator=make)
    out.mul_(chance <= 0.1)


def _integers(out, make):
    """Small multiples of one half: many exact ties, and the places where roundings and thresholds turn."""
    _normal(out, make, 4.0)
    out.round_().mul_(0.5)


def _nan(out, make):
    """Normal values, one in a thousand NaN, and at least one, but no infinity, beside which NaN may be lost."""
    _normal(out, make)
    where = torch.empty(out.shape, dtype=torch.float32, device=out.device).uniform_(0.0, 1.0, generator=make)
    out.masked_fill_(where < 0.001, float("nan"))
    if out.numel():
        out[out.numel() // 2] = float("nan")


def _nonfinite(out, make):
    """Normal values, and one each of NaN, infinity and minus infinity: where they meet, what comes of one cannot be told from another's."""
    _normal(out, make)
    third = out.numel() // 3
    if third:
        places = torch.randint(third, (3,), generator=make, device=out.device).tolist()
        values = torch.randperm(3, generator=make, device=out.device).tolist()
        for number, place in enumerate(places):
            out[number * third + place] = (float("nan"), float("inf"), float("-inf"))[values[number]]


DISTRIBUTIONS = {
    "normal": _normal,
    "uniform": _uniform,
    "heavy_tailed": _heavy_tailed,
    "large": _large,
    "tiny": lambda out, make: _normal(out, make, _TINY.get(out.dtype, 1e-8)),
    "denormal": lambda out, make: _normal(out, make, torch.finfo(out.dtype).tiny / 16),
    "mixed_sign": _mixed,
    "sparse": _sparse,
    "integers": _integers,
    "offset": lambda out, make: (_normal(out, make), out.add_(100.0)),
    "zeros": lambda out, make: out.zero_(),
    "nonfinite": _nonfinite,
    "nan": _nan,
}


def perturb(source, target, seed):
    """Writes `source` to `target` with every finite, non-zero floating element one ulp up or down, at random."""
    if source.is_complex():
        source, target = torch.view_as_real(source).view(-1), torch.view_as_real(target).view(-1)
    if not source.is_floating_point():
        target.copy_(source)
        return
    bits = _BITS[source.dtype.itemsize]
    make = generator(source.device, seed)
    for start, end in chunks(source.numel()):
        part = source[start:end]
        step = torch.randint(0, 2, (end - start,), generator=make, device=source.device, dtype=bits).mul_(2).sub_(1)
        step.masked_fill_(~torch.isfinite(part) | (part == 0), 0)
        moved = (part.view(bits) + step).view(source.dtype)
        target[start:end] = torch.where(torch.isfinite(moved) | ~torch.isfinite(part), moved, part)


def replace_nonfinite(source, target, value, kinds):
    """Writes `source` to `target` with `value` in the place of these of "nan", "inf" and "-inf"."""
    if source.is_floating_point():
        value = min(max(value, torch.finfo(source.dtype).min), torch.finfo(source.dtype).max)
        for start, end in chunks(source.numel()):
            part = source[start:end]
            out = torch.zeros_like(part, dtype=torch.bool)
            for kind in kinds:
                out |= torch.isnan(part) if kind == "nan" else part == float(kind)
            target[start:end] = torch.where(out, value, part)
    else:
        target.copy_(source)


def jitter(source, target, seed):
    """Writes `source` to `target` with every floating element scaled by a random factor in [0.5, 1.5): signs and zeros stay.

    A tensor that is zero throughout (the bias of a fresh norm, a running mean) gets values in [-0.5, 0.5) instead: otherwise a
    program that leaves it out would never be found.
    """
    if not source.is_floating_point():
        target.copy_(source)
        return
    make = generator(source.device, seed)
    if source.numel() > 2 and bool((source[1:] > source[:-1]).all()):  # boundaries that are searched must stay in order
        target.copy_(source * torch.empty((), dtype=source.dtype, device=source.device).uniform_(0.5, 1.5, generator=make))
        return
    if not source.any():
        for start, end in chunks(source.numel()):
            target[start:end].uniform_(-0.5, 0.5, generator=make)
        return
    for start, end in chunks(source.numel()):
        factor = torch.empty(end - start, dtype=source.dtype, device=source.device).uniform_(0.5, 1.5, generator=make)
        target[start:end] = source[start:end] * factor


def redraw(source, target, seed):
    """Writes `source` to `target` as a parameter that training has left elsewhere: random signs, no zeros, and where all elements are one
    number, as in a fresh norm, normal values. Whole numbers (a permutation, a table of positions) change places."""
    make = generator(source.device, seed)
    if not source.is_floating_point():
        order = torch.randperm(source.numel(), generator=make, device=source.device)
        target.copy_(source[order])
        return
    if bool((source == source[:1]).all()):
        target.normal_(0.0, 2.0, generator=make)
        return
    typical = float(source.double().square().mean().sqrt())
    for start, end in chunks(source.numel()):
        part = source[start:end]
        factor = torch.empty_like(part).uniform_(0.5, 1.5, generator=make)
        sign = torch.empty_like(part).uniform_(-1.0, 1.0, generator=make).sign_()
        other = torch.empty_like(part).normal_(0.0, 1.0, generator=make).mul_(typical)
        target[start:end] = torch.where(part == 0, other, part * factor * sign)


def assign(tensor, value):
    """Copies into a tensor whose strides may be zero (an expanded input): each element in memory is written once."""
    if 0 in tensor.stride() and tensor.numel():
        sizes = [1 if step == 0 else extent for extent, step in zip(tensor.shape, tensor.stride())]
        tensor, value = tensor.as_strided(sizes, tensor.stride()), value[tuple(slice(0, extent) for extent in sizes)]
    tensor.copy_(value)


# NaN that no computation makes of numbers: hardware's own has another payload.
_POISON = {torch.float16: 0x7E5A, torch.bfloat16: 0x7FDA, torch.float32: 0x7FDA5A5A, torch.float64: 0x7FFDA5A5A5A5A5A5}


def poison(flat, pattern):
    """Fills memory with values that no computation leaves by accident: NaN or a large number, never the other's value."""
    if flat.is_complex():
        flat = torch.view_as_real(flat).view(-1)
    if flat.is_floating_point():
        flat.fill_(float("nan") if pattern == 0 else -torch.finfo(flat.dtype).max / 3)
        if pattern == 0 and flat.dtype in _POISON:
            flat.view(_BITS[flat.dtype.itemsize]).fill_(_POISON[flat.dtype])
    elif flat.dtype == torch.bool:
        flat.fill_(pattern == 0)
    else:
        top = torch.iinfo(flat.dtype).max
        flat.fill_(top - 17 if pattern == 0 else top // 3)


_ODD = (-7046029254386353131, -4658895280553007687)  # multipliers of a 64-bit mixing function


def digest(words):
    """Returns a fingerprint of memory given as int64: equal exactly when the bits are, but for chance."""
    total = 0
    for start, end in chunks(words.numel(), CHUNK // 4):
        mixed = torch.arange(start, end, device=words.device, dtype=torch.int64).mul_(_ODD[1])
        mixed.bitwise_xor_(words[start:end]).mul_(_ODD[0])
        mixed.bitwise_xor_(mixed >> 29).mul_(_ODD[1])
        mixed.bitwise_xor_(mixed >> 32)
        total = (total + int(mixed.sum().item())) & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"


def encode(value):
    """Writes a Python value (a constructor argument) as JSON that `decode` restores."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"float": repr(value)}
    if isinstance(value, torch.dtype):
        return {"dtype": str(value).removeprefix("torch.")}
    if isinstance(value, (list, tuple)):
        items = [encode(item) for item in value]
        return items if isinstance(value, list) else {"tuple": items}
    if isinstance(value, dict):
        return {"dict": [[encode(key), encode(item)] for key, item in value.items()]}
    if isinstance(value, torch.Tensor):
        return {"tensor": value.detach().cpu().tolist(), "as": str(value.dtype).removeprefix("torch.")}
    raise Failure("init_raised", f"get_init_inputs() returns a {type(value).__name__}, which cannot cross processes")


def decode(value):
    """Restores what `encode` wrote."""
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if "float" in value:
            return float(value["float"])
        if "dtype" in value:
            return getattr(torch, value["dtype"])
        if "tuple" in value:
            return tuple(decode(item) for item in value["tuple"])
        if "tensor" in value:
            return torch.tensor(value["tensor"], dtype=getattr(torch, value["as"]))
        return {decode(key): decode(item) for key, item in value["dict"]}
    return value
