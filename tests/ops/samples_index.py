"""Samples of orders, and of writes and sums through an index."""
import torch
from samples import FLOATS, NUMBERS, call, sample


def distinct(m, *shape):
    """Numbers that differ within every line, since PyTorch leaves open which of equal ones comes first."""
    count = torch.Size(shape).numel()
    return (torch.randperm(count, generator=m.generator) - count // 2).reshape(shape).to(m.dtype)


def with_nan(m, *shape):
    values = distinct(m, *shape)
    if m.dtype.is_floating_point:
        values[..., 1, 2] = float("nan")
        values[..., 3, :] = float("nan")
    return values


# Orders. Stable ones have ties.
sample("sort.stable", NUMBERS + ("bool",), lambda m: call(m(5, 9), stable=True), lambda m: call(m(7, 3), stable=True, dim=0, descending=True),
       lambda m: call(m(), stable=True), special=True)
sample("sort.default", NUMBERS, lambda m: call(distinct(m, 5, 9)), lambda m: call(distinct(m, 2, 7, 3), 1, True))
sample("argsort.stable", NUMBERS, lambda m: call(m(5, 9), stable=True), lambda m: call(m(5, 9), stable=True, dim=0, descending=True))
sample("argsort.default", NUMBERS, lambda m: call(distinct(m, 5, 9)), lambda m: call(distinct(m, 5, 9), 0, True))
sample("msort.default", NUMBERS, lambda m: call(m(6, 3)))
sample("topk.default", NUMBERS, lambda m: call(distinct(m, 5, 9), 3), lambda m: call(distinct(m, 6, 4), 2, 0, False), lambda m: call(with_nan(m, 5, 4)[:3], 2),
       lambda m: call(distinct(m, 9), 9))
sample("kthvalue.default", NUMBERS, lambda m: call(distinct(m, 5, 9), 3), lambda m: call(distinct(m, 6, 4), 2, 0, True))
sample("median.default nanmedian.default", NUMBERS, lambda m: call(distinct(m, 5, 9)), lambda m: call(with_nan(m, 5, 4)), lambda m: call(distinct(m, 6)))
sample("median.dim nanmedian.dim", NUMBERS, lambda m: call(distinct(m, 5, 9), 1), lambda m: call(distinct(m, 6, 4), 0, True), lambda m: call(with_nan(m, 5, 4)[:3], 1))

# Writes: an element is named once, since PyTorch leaves open which of several is kept.
once = lambda m, rows, count, size: torch.stack([torch.randperm(size, generator=m.generator)[:count] for _ in range(rows)])
sample("scatter.src", NUMBERS + ("bool",), lambda m: call(m(5, 6), 1, once(m, 4, 3, 6), m(5, 6)), lambda m: call(m(6, 4), 0, once(m, 4, 5, 6).t(), m(5, 4)),
       lambda m: call(m(2, 5, 3), -2, once(m, 1, 5, 5)[:, :, None].expand(2, 5, 3), m(2, 5, 3)))
sample("scatter.value", NUMBERS + ("bool",), lambda m: call(m(5, 6), 1, m.i(4, 3, low=0, high=5), 1), lambda m: call(m(6, 4), 0, m.i(2, 4, low=0, high=5), 0))
sample("scatter_add.default", NUMBERS, lambda m: call(m(5, 6), 1, m.i(5, 9, low=0, high=5), m(5, 9)), lambda m: call(m(6, 4), 0, m.i(5, 3, low=0, high=5), m(7, 4)),
       lambda m: call(m(6), 0, m.i(11, low=0, high=5), m(11)))
sample("scatter.reduce", ("float32", "int64"), lambda m: call(m(5, 6), 1, m.i(5, 9, low=0, high=5), m(5, 9), reduce="add"),
       lambda m: call(m(5, 6), 1, m.i(5, 9, low=0, high=5), m(5, 9), reduce="multiply"))
REDUCTIONS = [(how, own) for how in ("sum", "prod", "mean", "amax", "amin") for own in (True, False)]
sample("scatter_reduce.two", ("float32",), *[lambda m, how=how, own=own: call(m(5, 6), 1, m.i(4, 9, low=0, high=5), m(5, 9), how, include_self=own) for how, own in REDUCTIONS])
sample("index_add.default", NUMBERS, lambda m: call(m(5, 6), 1, m.i(9, low=0, high=5), m(5, 9)), lambda m: call(m(5, 6), 0, m.i(3, low=0, high=4), m(3, 6), alpha=2))
sample("index_copy.default", NUMBERS + ("bool",), lambda m: call(m(5, 6), 1, once(m, 1, 4, 6)[0], m(5, 4)), lambda m: call(m(5, 6), 0, once(m, 1, 5, 5)[0], m(5, 6)))
sample("index_fill.int_Scalar", NUMBERS, lambda m: call(m(5, 6), 1, m.i(4, low=0, high=5), 2))
sample("index_fill.int_Tensor", NUMBERS, lambda m: call(m(5, 6), -2, m.i(4, low=0, high=4), m()))
sample("index_put.default _unsafe_index_put.default", FLOATS, lambda m: call(m(3, 4), [m.b(3, 4)], m()), lambda m: call(m(3, 4), [m.b(3)], m()),
       lambda m: call(m(5, 6), [None, once(m, 1, 4, 6)[0] - 6], m(5, 4)), lambda m: call(m(5, 6), [once(m, 1, 4, 5).reshape(2, 2)], m(2, 2, 6)),
       lambda m: call(m(5, 6), [m.i(9, low=0, high=4)], m(9, 6), True), lambda m: call(m(5, 6), [once(m, 1, 3, 5)[0]], m()))
sample("put.default", NUMBERS, lambda m: call(m(5, 6), once(m, 1, 7, 30)[0] - 15, m(7)), lambda m: call(m(5, 6), m.i(40, low=-30, high=29), m(40), True))
sample("masked_scatter.default", NUMBERS + ("bool",), lambda m: call(m(5, 6), m.b(5, 6), m(30)), lambda m: call(m(5, 6), m.b(6), m(5, 6)))

# Sampling: input, grid, interpolation (0 linear, 1 nearest), padding (0 zeros, 1 border, 2 reflection), align_corners.
sample("grid_sampler_2d.default", ("float32", "float64"), *[
    lambda m, mode=mode, padding=padding, corners=corners: call(m(2, 3, 5, 6), m(2, 4, 3, 2, low=-1.6, high=1.6), mode, padding, corners)
    for mode in (0, 1) for padding in (0, 1, 2) for corners in (False, True)])
