"""The ahead role: compiles what a program is going to launch, without a GPU and without launching anything.

The program is called once on tensors without memory (device "meta"); every launch that it makes then is compiled instead. Several such
processes share the work: each compiles its part of the launches, in the order in which they come. The results go into the cache of the
process that runs the program later (compiled.py). Nothing rests on them: a launch that is missing, because the program needs values or
because its arguments look different on the GPU, compiles there when it comes.
"""

from __future__ import annotations

import os

import torch

from kernelagent_worker import candidate, compiled
from kernelagent_worker.protocol import Failure, describe


class Role(candidate.Role):
    def warm(self):
        """Nothing: this role never meets the GPU."""

    def handle(self, request):
        if request.get("request") != "ahead":
            raise Failure("bad_request", f"ahead: no request {request.get('request')}")
        if os.environ.get("TRITON_INTERPRET") == "1":
            raise Failure("bad_request", "kernels compile in a worker without TRITON_INTERPRET only")
        with torch.no_grad():
            return self.ahead(request)

    def ahead(self, request):
        """The fields of the candidate's `load`, and {"arguments":[{"tensor":TYPE}|{"scalar":VALUE}…],"types":{NAME:TYPE},
        "capability":90,"part":[I,N]} → {"files":FILES,"launches":COUNT,"compiled":COUNT,"ended":TEXT}. `part`: of the different launches
        number I, I + N, …; `ended`: why the call did not come to its end."""
        compiler = Compiler(request["capability"], *request["part"])
        self.load({**request, "device": "meta"})
        arguments = [_empty(item["tensor"]) if "tensor" in item else item["scalar"] for item in request["arguments"]]
        state = {name: _empty(kind) for name, kind in request["types"].items()}
        ended = ""
        try:
            call, _ = self.prepare(arguments, state, [])
            with compiler:
                call()
        except Exception as error:  # it will say so itself when it is run
            ended = describe(error)
        files = compiled.pack(os.environ.get("TRITON_CACHE_DIR", ""))
        return {"files": files, "launches": len(compiler.seen), "compiled": compiler.compiled, "ended": ended}


def _empty(kind):
    dtype, shape = getattr(torch, kind["dtype"]), tuple(kind["shape"])
    stride = kind.get("stride")
    return torch.empty(shape, dtype=dtype, device="meta") if stride is None else torch.empty_strided(shape, stride, dtype=dtype, device="meta")


class Compiler:
    """While it is entered, Triton's launches compile their kernel where it is one of this part's, and launch nothing."""

    def __init__(self, capability, part, parts):
        self.capability, self.part, self.parts = capability, part, parts
        self.seen = set()
        self.compiled = 0

    def __enter__(self):
        from triton.runtime import autotuner, driver, jit
        driver.set_active(NoDevice(self.capability))
        self.kinds = jit.JITFunction, autotuner.Autotuner
        self.runs = [kind.run for kind in self.kinds]
        launch, compile_one = self.runs[0], self.compile_one

        def run(function, *arguments, **keywords):
            compile_one(launch, function, arguments, keywords)

        jit.JITFunction.run = run
        autotuner.Autotuner.run = autotuner.Autotuner.warmup  # all of its configurations
        return self

    def __exit__(self, *_):
        for kind, run in zip(self.kinds, self.runs):
            kind.run = run

    def compile_one(self, launch, function, arguments, keywords):
        given = {name: value for name, value in keywords.items() if name not in ("grid", "warmup")}
        identity = (function, *map(_looks, arguments), *((name, _looks(value)) for name, value in sorted(given.items())))
        if identity in self.seen:
            return
        mine = len(self.seen) % self.parts == self.part
        self.seen.add(identity)
        if not mine:
            return
        try:
            launch(function, *arguments, grid=None, warmup=True, **given)
            self.compiled += 1
        except Exception as error:  # the launch itself will say so
            print(f"{function.fn.__name__}: {describe(error)}")


def _looks(value):
    """What a compiled kernel depends on, and more of it than Triton does: a kernel compiled twice does no harm."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype), value.data_ptr() % 16 == 0
    return type(value).__name__, repr(value)


class NoDevice:
    """What the compiler asks of Triton's driver, for a CUDA device that is not there."""

    def __init__(self, capability):
        self.capability = capability

    def get_current_target(self):
        from triton.backends.compiler import GPUTarget
        return GPUTarget("cuda", self.capability, 32)

    def get_current_device(self):
        return 0

    def get_current_stream(self, device):
        return 0
