"""Runs a graph of primitives with PyTorch: the meaning of each primitive in a line or two, for tests alone.

What comes out of decompose() is executed operator by operator and compared with the traced operator, so that a wrong
decomposition shows without any generated kernel.
"""
import math
import re

import torch
import torch.nn.functional as F
from single import find


def roll(self, shifts, dims):
    return torch.roll(self, shifts, dims)


def window(self, dims, kernel, stride, padding, dilation, value, out_shape):
    """Each of dims becomes the output extent; a window axis per dim follows at the end. Reads outside give value."""
    out = self
    rank = self.dim()
    for i, dim in enumerate(dims):
        extent = out.shape[dim]
        starts = torch.arange(out_shape[dim]) * stride[i] - padding[i]
        at = starts[:, None] + torch.arange(kernel[i])[None, :] * dilation[i]
        inside = (at >= 0) & (at < extent)
        flat = at.clamp(0, max(extent - 1, 0)).flatten()
        taken = out.index_select(dim, flat).unflatten(dim, (out_shape[dim], kernel[i]))
        shape = [1] * taken.dim()
        shape[dim], shape[dim + 1] = out_shape[dim], kernel[i]
        fill = torch.full((), value, dtype=out.dtype)
        taken = torch.where(inside.view(shape), taken, fill)
        out = taken.movedim(dim + 1, -1)
    assert out.dim() == rank + len(dims)
    return out


def moments(self, dim):
    """The mean and the sum of squared deviations, dims kept, halves in float32."""
    wide = self if self.dtype == torch.float64 else self.float()
    mean = wide.mean(dim, keepdim=True)
    return mean, (wide - mean).square().sum(dim, keepdim=True)


def product(self, dim, keepdim, dtype):
    out = self.to(dtype)
    for d in sorted(dim, reverse=True):
        out = out.prod(d, keepdim=keepdim)
    return out


def wide_matmul(op, a, b, dtype):
    """Accumulates in float32 before rounding to the result's type."""
    if a.dtype in (torch.float16, torch.bfloat16):
        return op(a.float(), b.float()).to(dtype)
    return op(a, b).to(dtype)


def attend(self, mat2, safe):
    """The softmax of rows of scores, rounded to the matrix's type, times the matrix."""
    weights = torch.softmax(self.float(), -1)
    if safe:
        weights = torch.where((self == -math.inf).all(-1, keepdim=True), 0.0, weights)
    return torch.bmm(weights.to(mat2.dtype).float(), mat2.float())


def recurrence(cell_kind):
    """All states after every step, [states, steps, rows, units], from the input's share of the gates."""
    def run(self, weight, bias, hidden, cell, reverse):
        after = [None] * self.shape[0]
        for t in reversed(range(self.shape[0])) if reverse else range(self.shape[0]):
            shares = F.linear(hidden, weight, bias).chunk(self.shape[2] // hidden.shape[1], 1)
            gates = self[t].chunk(len(shares), 1)
            if cell_kind == "lstm":
                i, f, g, o = (a + b for a, b in zip(gates, shares))
                cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
                hidden = o.sigmoid() * cell.tanh()
            elif cell_kind == "gru":
                reset, update = ((a + b).sigmoid() for a, b in zip(gates[:2], shares))
                fresh = (gates[2] + reset * shares[2]).tanh()
                hidden = (hidden - fresh) * update + fresh
            else:
                hidden = getattr(gates[0] + shares[0], cell_kind)()
            after[t] = torch.stack([hidden] + ([cell] if cell_kind == "lstm" else []))
        return torch.stack(after, 1)
    return run


class Ref(str):
    """Names a value."""


NAME = re.compile(r'^("?[\w.]+"?): (\w+)\[([\d, ]*)\]( stride \[[\d, ]*\])?( offset \d+)?$')
NODE = re.compile(r"^(.*?) = ([\w.]+)\((.*)\)  @ ")


class Evaluator:
    """Runs the graph that `kernelagent plan --graph` prints."""

    def __init__(self, text):
        self.types, self.nodes, self.outputs = {}, [], []
        words = {name: getattr(torch, name) for name in ("float16", "bfloat16", "float32", "float64", "int64", "int32", "int16", "int8", "uint8", "bool")}
        for line in text.splitlines():
            if line.startswith("input "):
                self.define(line.split(" ", 2)[2])
            elif line.startswith("output "):
                self.outputs.append(line.split("%", 1)[1])
            elif node := NODE.match(line):
                names = [self.define(part) for part in re.split(r", (?=_(?:,|$)|[\w.]+: )", node[1])]
                arguments = re.sub(r"%([\w.]+)", r"Ref('\1')", node[3])
                self.nodes.append((node[2], eval(f"dict({arguments})", words | {"Ref": Ref, "inf": math.inf, "nan": math.nan, "dict": dict}), names))  # noqa: S307

    def define(self, text):
        if text == "_":
            return None  # nobody reads this output
        name, dtype, extents = NAME.match(text).groups()[:3]
        self.types[name] = (getattr(torch, dtype), [int(e) for e in extents.split(",") if e.strip()])
        return name

    def argument(self, value):
        if isinstance(value, Ref):
            return self.values[value]
        return [self.argument(v) for v in value] if isinstance(value, list) else value

    def run(self, inputs):
        """inputs by value name; returns the outputs in order."""
        self.values = dict(inputs)
        for op, arguments, names in self.nodes:
            arguments = {name: self.argument(value) for name, value in arguments.items()}
            outputs = self.call(op, arguments, *self.types.get(names[0], (None, None)))
            for name, tensor in zip(names, outputs if isinstance(outputs, (tuple, list)) else [outputs]):
                if name is None:
                    continue
                assert (tensor.dtype, list(tensor.shape)) == self.types[name], f"{op}: {tensor.dtype}{list(tensor.shape)}, the graph says {self.types[name]}"
                self.values[name] = tensor
        return [self.values[name] for name in self.outputs]

    def call(self, op, arguments, dtype, shape):
        if op == "ka.window":
            return window(**arguments, out_shape=shape)
        if op == "ka.attend":
            return attend(**arguments).to(dtype)
        if op in OWN:
            return OWN[op](**arguments)
        if op in ("aten.mm.default", "aten.bmm.default"):
            return wide_matmul(torch.mm if "bmm" not in op else torch.bmm, arguments["self"], arguments["mat2"], dtype)
        if op == "aten.arange.start_step":
            return torch.arange(arguments["start"], arguments["end"], arguments["step"], dtype=dtype)
        if op == "aten.full.default":
            return torch.full(arguments["size"], arguments["fill_value"], dtype=dtype)
        if op == "aten.where.self":
            pick = [v if isinstance(v, torch.Tensor) else torch.tensor(v, dtype=dtype) for v in (arguments["self"], arguments["other"])]
            return torch.where(arguments["condition"], *[p.to(dtype) for p in pick])
        if "dim" in arguments and arguments["dim"] == []:  # PyTorch's empty list means every dim; a primitive's means none
            return arguments["self"].to(dtype)
        out = find(op)(**arguments)
        return out.to(dtype) if isinstance(out, torch.Tensor) and not out.is_floating_point() else out


OWN = {
    "ka.roll": roll,
    "ka.lstm": recurrence("lstm"),
    "ka.gru": recurrence("gru"),
    "ka.rnn_tanh": recurrence("tanh"),
    "ka.rnn_relu": recurrence("relu"),
    "ka.cummax": lambda self, dim: self.cummax(dim).values,
    "ka.cummin": lambda self, dim: self.cummin(dim).values,
    "ka.moments": moments,
    "ka.prod": product,
    "aten.view.default": lambda self, size: self.reshape(size),
    "aten.constant_pad_nd.default": lambda self, pad, value: F.pad(self, pad, value=value),
    "aten.embedding.default": lambda weight, indices: weight[indices],
    "aten.to.dtype": lambda self, dtype: self.to(dtype),
}


def close(got, want, dtype=None):
    """Is a decomposition's result as near as rounding in another order explains? Returns None, or what is wrong."""
    if list(got.shape) != list(want.shape) or got.dtype != want.dtype:
        return f"{list(got.shape)} {got.dtype}, not {list(want.shape)} {want.dtype}"
    if got.numel() == 0:
        return None
    if not want.dtype.is_floating_point:
        return None if torch.equal(got, want) else f"values differ: {got.flatten()[:8].tolist()}, not {want.flatten()[:8].tolist()}"
    a, b = got.double(), want.double()
    both_nan, same = a.isnan() & b.isnan(), a == b
    bad = a.isnan() ^ b.isnan() | ((a.isinf() | b.isinf()) & ~same & ~both_nan)
    if bad.any():
        return f"NaN or infinity differs: {a[bad][:4].tolist()}, not {b[bad][:4].tolist()}"
    finite = ~(both_nan | same)
    if not finite.any():
        return None
    scale = b[~b.isnan() & ~b.isinf()].abs().max().item()
    allowed = {torch.float16: 4e-3, torch.bfloat16: 3e-2, torch.float32: 2e-5, torch.float64: 1e-12}[dtype or want.dtype]
    error = (a - b)[finite].abs().max().item()
    return None if error <= allowed * max(scale, 1e-30) or math.isclose(error, 0) else f"error {error:.3g} of {scale:.3g}"
