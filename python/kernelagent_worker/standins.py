"""Stand-ins for PyTorch functions that trace badly.

Recurrent layers: PyTorch finds out what `aten.lstm` returns by running its steps, thousands of operators for one node. Operators
with the same schema say it from the shapes; the graph shows them under their ATen names.
Dropout that drops nothing: tracing would show a copy where PyTorch hands its input through.
Devices: tracing happens on the CPU, with or without a GPU, so a device that the file names becomes the CPU.
"""

from __future__ import annotations

import torch
from torch.overrides import TorchFunctionMode

from kernelagent_worker.protocol import Failure

_REST = ("Tensor[] params, bool has_biases, int num_layers, float dropout, bool train, bool bidirectional, "
         "bool batch_first")
_SCHEMAS = {
    "lstm": f"lstm(Tensor input, Tensor[] hx, {_REST}) -> (Tensor, Tensor, Tensor)",
    "gru": f"gru(Tensor input, Tensor hx, {_REST}) -> (Tensor, Tensor)",
    "rnn_tanh": f"rnn_tanh(Tensor input, Tensor hx, {_REST}) -> (Tensor, Tensor)",
    "rnn_relu": f"rnn_relu(Tensor input, Tensor hx, {_REST}) -> (Tensor, Tensor)",
}

ATEN_NAMES = {f"kernelagent.{name}.default": f"aten.{name}.input" for name in _SCHEMAS}


def _results(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """The results' types: outputs of every step, then the last states. Memory is laid out step by step, as ATen does."""
    states = hx if isinstance(hx, (list, tuple)) else [hx]
    batch, steps = (0, 1) if batch_first else (1, 0)
    features = states[0].shape[2] * (2 if bidirectional else 1)
    output = input.new_empty((input.shape[steps], input.shape[batch], features))
    output = output.transpose(0, 1) if batch_first else output
    return output, *(state.new_empty(state.shape) for state in states)


_library = torch.library.Library("kernelagent", "DEF")
for _schema in _SCHEMAS.values():
    _library.define(_schema)
for _name in _SCHEMAS:
    torch.library.register_fake(f"kernelagent::{_name}", _results, lib=_library)


_DROPOUTS = {getattr(owner, name): owner for owner in (torch, torch.nn.functional)
             for name in ("dropout", "dropout1d", "dropout2d", "dropout3d", "feature_dropout", "alpha_dropout",
                          "feature_alpha_dropout")
             if hasattr(owner, name)}


class OnCpu(TorchFunctionMode):
    """Turns CUDA devices into the CPU, in factories, `.to(…)` and `.cuda()`."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        return _on_cpu(function, args, kwargs or {})


def _on_cpu(function, args, kwargs):
    if function is torch.Tensor.cuda:
        return args[0]
    if function is torch.Tensor.to:
        args = tuple(map(_cpu, args))
    if "device" in kwargs:
        kwargs = {**kwargs, "device": _cpu(kwargs["device"])}
    return function(*args, **kwargs)


def _cpu(device):
    named = isinstance(device, (str, torch.device)) and str(device).split(":")[0] == "cuda"
    return torch.device("cpu") if named or type(device) is int else device


class Standins(TorchFunctionMode):
    """Active while a model's forward is traced."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if torch._C._is_any_autocast_enabled():
            raise Failure("untraceable", "torch.autocast picks types by device and cannot be traced: write the casts")
        kwargs = kwargs or {}
        name = getattr(function, "__name__", None)
        if name in _SCHEMAS and function == getattr(torch, name) and len(args) == 9 and not kwargs:
            if isinstance(args[2], (list, tuple)):  # packed sequences have a tensor of batch sizes there
                return getattr(torch.ops.kernelagent, name)(*args)
        if function in _DROPOUTS:
            input, p, train = _dropout_arguments(*args, **kwargs)
            if p == 0 or not train:
                return input
        return _on_cpu(function, args, kwargs)


def _dropout_arguments(input, p=0.5, training=True, inplace=False, train=None):
    return input, p, training if train is None else train
