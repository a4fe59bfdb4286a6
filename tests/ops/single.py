"""Makes a traced graph (docs/PROTOCOL.md, Graph) of one operator call."""
import math

import torch


def find(op):
    """The operator's overload, or None where this PyTorch has none of that name."""
    space, name, overload = op.split(".")
    packet = getattr(getattr(torch.ops, space), name, None)
    return getattr(packet, overload, None) if packet is not None else None


def tensor_type(name, tensor):
    return {"name": name, "dtype": str(tensor.dtype)[6:], "shape": list(tensor.shape), "stride": list(tensor.stride()), "offset": tensor.storage_offset()}


def literal(value):
    if isinstance(value, bool) or value is None or isinstance(value, (int, str)):
        return value
    if isinstance(value, float):
        return {"float": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"} if not math.isfinite(value) else value
    if isinstance(value, torch.dtype):
        return {"dtype": str(value)[6:]}
    return str(value)  # devices, layouts, memory formats


class Single:
    """One call: its graph, its inputs by value name, and what PyTorch gives."""

    def __init__(self, op, arguments, keywords, outputs=99):
        """outputs: how many of the results are returned; the others are computed by nobody."""
        function = find(op)
        self.inputs, values, nodes_arguments = {}, [], {}

        def encode(value):
            if isinstance(value, torch.Tensor):
                name = f"x{len(self.inputs)}"
                self.inputs[name] = value
                values.append(tensor_type(name, value))
                return {"ref": name}
            if isinstance(value, (list, tuple)):
                return [encode(v) for v in value]
            return literal(value)

        schema = function._schema
        for i, argument in enumerate(schema.arguments):
            if i < len(arguments) and not argument.kwarg_only:
                value = arguments[i]
            elif argument.name in keywords:
                value = keywords[argument.name]
            else:
                value = argument.default_value
            if str(argument.type) == "float" and isinstance(value, int):
                value = float(value)
            nodes_arguments[argument.name] = encode(value)
        result = function(*arguments, **keywords)
        self.wanted = list(result) if isinstance(result, (tuple, list)) else [result]
        names = []
        for i, tensor in enumerate(self.wanted):
            if not isinstance(tensor, torch.Tensor) or i >= outputs:
                names.append(None)
                continue
            names.append(f"out{i}")
            values.append(tensor_type(f"out{i}", tensor))
        self.wanted = [t for t in self.wanted[:outputs] if isinstance(t, torch.Tensor)]
        kept = [n for n in names if n is not None]
        self.graph = {
            "format": "kernelagent-graph", "version": 1, "name": "Single", "mode": "eval",
            "inputs": [{"kind": "tensor", "name": n, "value": n} for n in self.inputs], "values": values,
            "nodes": [{"name": "call", "op": op, "module": "", "arguments": nodes_arguments, "outputs": names, "location": {"file": "sample.py", "line": 1, "text": op}}],
            "outputs": [{"kind": "user", "value": n} for n in kept], "output_tree": {"tuple": [{"output": i} for i in range(len(kept))]},
        }


GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def recurrent_layer(kind, made, rows, steps, units, inputs=6, directions=1):
    """One recurrent layer with biases; `made` gives a tensor of a shape."""
    parameters = [made(*shape) for _ in range(directions)
                  for shape in ((GATES[kind] * units, inputs), (GATES[kind] * units, units), (GATES[kind] * units,), (GATES[kind] * units,))]
    first = [made(directions, rows, units) for _ in range(2 if kind == "lstm" else 1)]
    start = first if kind == "lstm" else first[0]
    return Single(f"aten.{kind}.input", (made(steps, rows, inputs), start, parameters, True, 1, 0.0, False, directions == 2, False), {})
