"""Runs a graph of primitives with PyTorch: the meaning of each primitive in a line or two, for tests alone.

What comes out of decompose() is executed operator by operator and compared with the traced operator, so that a wrong
decomposition shows without any generated kernel.
"""
import math

import torch
import torch.nn.functional as F


def number(value):
    """JSON's spelling of a float that JSON lacks, or the value itself."""
    return float(value) if isinstance(value, str) else value


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


class Evaluator:
    """Runs one decomposed graph (docs/PROTOCOL.md, Graph)."""

    def __init__(self, graph):
        self.graph = graph
        self.types = {value["name"]: value for value in graph["values"]}

    def argument(self, value):
        if isinstance(value, dict):
            if "ref" in value:
                return self.values[value["ref"]]
            if "dtype" in value:
                return getattr(torch, value["dtype"])
            return number(next(iter(value.values())))
        if isinstance(value, list):
            return [self.argument(v) for v in value]
        return value

    def check(self, name, tensor, node):
        kind = self.types[name]
        assert list(tensor.shape) == kind["shape"], f"{node['op']}: {list(tensor.shape)} where the graph says {kind['shape']}"
        assert str(tensor.dtype) == "torch." + kind["dtype"], f"{node['op']}: {tensor.dtype} where the graph says {kind['dtype']}"

    def run(self, inputs):
        """inputs by value name; returns the user outputs in order, then the mutations."""
        self.values = dict(inputs)
        for node in self.graph["nodes"]:
            arguments = {name: self.argument(value) for name, value in node["arguments"].items()}
            outputs = self.call(node, arguments)
            for name, tensor in zip(node["outputs"], outputs if isinstance(outputs, (tuple, list)) else [outputs]):
                if name is not None:
                    self.check(name, tensor, node)
                    self.values[name] = tensor
        return [self.values[output["value"]] for output in self.graph["outputs"]]

    def call(self, node, arguments):
        op = node["op"]
        kind = self.types[next(name for name in node["outputs"] if name is not None)]
        dtype = getattr(torch, kind["dtype"])
        if op == "ka.window":
            return window(**arguments, out_shape=kind["shape"])
        if op == "ka.roll":
            return roll(**arguments)
        if op == "ka.moments":
            return moments(**arguments)
        if op == "ka.prod":
            return product(**arguments)
        if op == "aten.mm.default":
            return wide_matmul(torch.mm, arguments["self"], arguments["mat2"], dtype)
        if op == "aten.bmm.default":
            return wide_matmul(torch.bmm, arguments["self"], arguments["mat2"], dtype)
        if op == "aten.view.default":
            return arguments["self"].reshape(arguments["size"])
        if op == "aten.constant_pad_nd.default":
            return F.pad(arguments["self"], arguments["pad"], value=arguments["value"])
        if op == "aten.full.default":
            return torch.full(arguments["size"], arguments["fill_value"], dtype=dtype)
        if op == "aten.arange.start_step":
            return torch.arange(arguments["start"], arguments["end"], arguments["step"], dtype=dtype)
        if op == "aten.embedding.default":
            return arguments["weight"][arguments["indices"]]
        if op == "aten.sum.dim_IntList":  # a 0-d sum of no dims is the operand; PyTorch's empty list means all dims
            return arguments["self"].to(dtype) if arguments["self"].dim() == 0 else torch.sum(arguments["self"], arguments["dim"], arguments["keepdim"], dtype=dtype)
        if op == "aten.where.self":
            pick = [v if isinstance(v, torch.Tensor) else torch.tensor(v, dtype=dtype) for v in (arguments["self"], arguments["other"])]
            return torch.where(arguments["condition"], *[p.to(dtype) for p in pick])
        if op in ("aten.amax.default", "aten.amin.default") and arguments["self"].dim() == 0:
            return arguments["self"]
        if op in ("aten.any.dims", "aten.all.dims") and arguments["self"].dim() == 0:
            return arguments["self"]
        space, name, overload = op.split(".")
        function = getattr(getattr(torch.ops.aten, name), overload)
        order = [a.name for a in function._schema.arguments]
        keywords = {a.name for a in function._schema.arguments if a.kwarg_only}
        positional = [arguments[n] for n in order if n in arguments and n not in keywords]
        by_name = {n: v for n, v in arguments.items() if n in keywords and n in order}
        if op == "aten.to.dtype":
            return arguments["self"].to(dtype)
        out = function(*positional, **by_name)
        if isinstance(out, torch.Tensor) and out.dtype != dtype and not out.is_floating_point():
            return out.to(dtype)
        return out


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
