"""Runs a graph's JSON operator by operator with PyTorch: what it computes must be what the problem computes."""

from __future__ import annotations

import torch


def run(graph, values, device="cpu"):
    """Evaluates `graph` on {value name: tensor}; what it makes itself is on `device`. Returns ([user outputs], {mutated input: new value}).

    Checks on the way that every result has the type that the graph says.
    """
    types = {value["name"]: value for value in graph["values"]}
    values = dict(values)
    for entry in graph["inputs"]:
        if entry["kind"] == "constant" and entry["source"] == "literal":
            kind = types[entry["value"]]
            data = [float(item["float"]) if isinstance(item, dict) else item for item in entry["example"]]
            values[entry["value"]] = torch.tensor(data, dtype=getattr(torch, kind["dtype"]), device=device).reshape(kind["shape"])
    for node in graph["nodes"]:
        arguments = {name: _decode(value, values) for name, value in node["arguments"].items()}
        if "device" in arguments and not any(isinstance(value, torch.Tensor) for value in arguments.values()):
            arguments["device"] = device
        results = _operator(node["op"])(**arguments)
        results = list(results) if isinstance(results, (list, tuple)) else [results]
        assert len(results) == len(node["outputs"]), node
        for name, result in zip(node["outputs"], results):
            if name is not None:
                check_type(types[name], result, name)
                values[name] = result
    user = [values[output["value"]] for output in graph["outputs"] if output["kind"] == "user"]
    mutated = {output["target"]: values[output["value"]] for output in graph["outputs"] if output["kind"] == "mutation"}
    return user, mutated


def check_type(wanted, tensor, name):
    assert str(tensor.dtype) == "torch." + wanted["dtype"], name
    assert list(tensor.shape) == wanted["shape"], name
    # Strides mean nothing where there are no two elements to step between.
    for size, stride, step in zip(tensor.shape, tensor.stride(), wanted["stride"]):
        assert size <= 1 or tensor.numel() == 0 or stride == step, (name, tensor.stride(), wanted)
    assert tensor.numel() == 0 or tensor.storage_offset() == wanted["offset"], name


def _operator(name):
    target = torch.ops
    for part in name.split("."):
        target = getattr(target, part)
    return target


def _decode(value, values):
    if isinstance(value, dict):
        if "ref" in value:
            return values[value["ref"]]
        if "dtype" in value:
            return getattr(torch, value["dtype"])
        return float(value["float"])
    if isinstance(value, list):
        return [_decode(item, values) for item in value]
    if isinstance(value, str) and value.endswith("_format"):
        return getattr(torch, value)
    if value == "strided":
        return torch.strided
    return value
