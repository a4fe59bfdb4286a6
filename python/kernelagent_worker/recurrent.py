"""Recurrent layers while tracing: one operator each, whatever the length of the sequence.

PyTorch finds out what `aten.lstm` returns by running its steps, thousands of operators for one node. Here stand-ins with the same
schema say it from the shapes; the graph shows them under their ATen names.
"""

from __future__ import annotations

import torch
from torch.overrides import TorchFunctionMode

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


class WholeRecurrence(TorchFunctionMode):
    """Calls the stand-ins in place of `torch.lstm`, `torch.gru`, `torch.rnn_tanh` and `torch.rnn_relu` on padded sequences."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", None)
        if name in _SCHEMAS and function == getattr(torch, name) and len(args) == 9 and not kwargs:
            if isinstance(args[2], (list, tuple)):  # packed sequences have a tensor of batch sizes there
                return getattr(torch.ops.kernelagent, name)(*args)
        return function(*args, **(kwargs or {}))
