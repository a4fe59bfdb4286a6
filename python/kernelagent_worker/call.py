"""What running the candidate and running the reference have in common: arguments from shared buffers, results into them."""

from __future__ import annotations

import os

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from kernelagent_worker import transport
from kernelagent_worker.protocol import Failure, failure_from
from kernelagent_worker.source import SourceFile

_KEEP = 1 << 30
_PLAIN = (bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size)
_SMALL = 1 << 20  # elements up to which waking other threads costs more than they do

# Taken before user code is loaded, which may rebind them.
_storage, _copy, _wait = torch.Tensor.untyped_storage, torch.Tensor.copy_, torch.cuda.synchronize


class OperatorMode(TorchDispatchMode):
    """A TorchDispatchMode that torch.compile never meets: without the usual wrapper, which imports torch._dynamo (seconds)."""

    @classmethod
    def _should_skip_dynamo(cls):
        return False


class Buffers:
    """The groups that the comparing process shares with this one. Messages name a tensor "GROUP/NAME"."""

    def __init__(self):
        self.groups = {}

    def bind(self, request):
        """{"groups":{NAME:GROUP}} with a descriptor each: opens groups; a name that is bound already is replaced."""
        for name, description in request["groups"].items():
            self.groups[name] = transport.open_group(description, request.get("descriptors", ()))
        settle_threads([tensor for group in self.groups.values() for tensor in group.tensors.values()])

    def release(self, request):
        for name in request["groups"]:
            if name in self.groups:
                self.groups.pop(name).close()

    def moved(self, names):
        """Returns these groups at other addresses, with what is in them now."""
        copies = Buffers()
        copies.groups = {name: self.groups[name].moved() for name in names if name in self.groups}
        return copies

    def group(self, name):
        if name not in self.groups:
            raise Failure("bad_request", f"no group {name} is bound")
        return self.groups[name].tensors

    def tensor(self, path):
        group, _, name = path.partition("/")
        tensors = self.group(group)
        if name not in tensors:
            raise Failure("bad_request", f"no tensor {path} is bound")
        return tensors[name]


def load_file(path, name, packed=None):
    """Executes a Python file as the module `name`; `packed` is its text as requests carry it. User's code may raise anything:
    every way to fail becomes a Failure."""
    try:
        file = SourceFile.of(path, packed)
    except OSError:
        raise Failure("no_file", f"no file {path}") from None
    try:
        module = file.module(name)
        exec(compile(file.data, file.path, "exec", dont_inherit=True), module.__dict__)
    except SyntaxError as error:
        raise Failure("syntax", f"{error.msg}", line=error.lineno, file=path) from None
    except BaseException as error:  # SystemExit is as much a failure as any other
        raise failure_from(error, "raised", path) from None
    return module


def tree_of(result):
    """Splits a result into its tensors and its shape: {"output":0}, a list, {"dict":[[KEY,…]]}, a scalar's text, or null.

    Runs no code of the result's: other objects than numbers and text are named by their type.
    """
    tensors = []
    return tensors, _walk(result, tensors)


def _walk(value, tensors):
    """A function inside `tree_of` would be part of a reference cycle, and keep the tensors until a collection."""
    if isinstance(value, torch.Tensor):
        tensors.append(value)
        return {"output": len(tensors) - 1}
    if isinstance(value, (list, tuple)):
        return [_walk(item, tensors) for item in value]
    if isinstance(value, dict):
        return {"dict": [[str(key) if type(key) in _PLAIN else type(key).__name__, _walk(item, tensors)] for key, item in value.items()]}
    if value is None:
        return None
    return {"value": f"{type(value).__name__} {value!r:.200}" if type(value) in _PLAIN else type(value).__name__}


def storage_of(tensor):
    """Names a tensor's memory; None where it has none."""
    return _storage(tensor).data_ptr() or None


def aliases_of(outputs, named):
    """Returns [[output index, name]…] for outputs that share memory with a named tensor or an earlier output."""
    owners = {}
    for name, tensor in named.items():
        if storage_of(tensor) is not None:
            owners.setdefault(storage_of(tensor), name)
    found = []
    for index, tensor in enumerate(outputs):
        address = storage_of(tensor)
        if address in owners:
            found.append([index, owners[address]])
        elif address is not None:
            owners[address] = f"output.{index}"
    return found


def store(outputs, buffers):
    """Copies results named "output.0", … into buffers of the same names; returns the names that did not fit."""
    refused = []
    for name, value in outputs.items():
        buffer = buffers.get(name)
        if buffer is None or buffer.shape != value.shape or (
                buffer.dtype != value.dtype and not (buffer.dtype == torch.float64 and value.is_floating_point())):
            refused.append(name)
        else:
            _copy(buffer, value)
    return refused


def same_bits(left, right):
    """Says whether two tensors of one type hold the same values, NaN being like NaN."""
    if left.shape != right.shape or left.dtype != right.dtype:
        return False
    return bool(((left == right) | ((left != left) & (right != right))).all())


def warm_gpu(touch):
    """Runs `touch` beforehand, in a child that waits to be needed, where there is a GPU: its context and first kernels take a while.
    What fails here fails again where it can be told."""
    if os.environ.get("TRITON_INTERPRET") == "1" or not torch.cuda.is_available():
        return
    try:
        touch()
        _wait()
    except Exception:
        pass


def settle_threads(tensors):
    """Keeps to one thread where the tensors are small."""
    if sum(tensor.numel() for tensor in tensors) <= _SMALL:
        torch.set_num_threads(1)


def synchronize(device):
    if torch.device(device).type == "cuda":
        _wait()


def trim(device):
    """Gives memory that PyTorch keeps for later back to the device: other processes need it now."""
    if torch.device(device).type == "cuda" and torch.cuda.memory_reserved() > _KEEP:
        torch.cuda.empty_cache()
