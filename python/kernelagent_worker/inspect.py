"""The inspect role: what this machine has, and what kernels compile to without running them.

`compile` needs no GPU: it names its targets (compute capabilities) and asks the bundled cuobjdump for registers and spills. It needs
a worker without TRITON_INTERPRET, whose `@triton.jit` makes real JIT functions.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time

import torch

from kernelagent_worker.call import load_file
from kernelagent_worker.protocol import Failure, failure_from, one_line
from kernelagent_worker.stopwatch import clock_for

_TYPES = {"bool": "i1", "uint8": "u8", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "float16": "fp16",
          "bfloat16": "bf16", "float32": "fp32", "float64": "fp64", "float8_e4m3fn": "fp8e4nv", "float8_e5m2": "fp8e5"}
_HEADER = "import math\n\nimport torch\nimport triton\nimport triton.language as tl\n\n\n"
_SHARED_MEMORY = {80: 166912, 86: 101376, 89: 101376, 90: 232448, 100: 232448}  # bytes one program may use
_CUOBJDUMP_SECONDS = 60


class Role:
    def handle(self, request):
        answers = {"devices": self.devices, "device": self.device, "clock": self.clock, "compile": self.compile}
        answer = answers.get(request.get("request"))
        if answer is None:
            raise Failure("bad_request", f"inspect: no request {request.get('request')}")
        return answer(request)

    def devices(self, request):
        """{} → the lasting facts of every CUDA (or ROCm) device that torch shows, and which boards they are; none where it shows none."""
        answers = [self.device({"device": f"cuda:{index}"}) for index in range(torch.cuda.device_count())]
        uuids = [str(getattr(torch.cuda.get_device_properties(index), "uuid", f"cuda-{index}")) for index in range(len(answers))]
        return {"devices": [{name: fact for name, fact in facts.items() if name != "free_bytes"} for facts in answers], "uuids": uuids}

    def device(self, request):
        """{"device":"cuda:0"} → name, capability, memory, driver, precision mode of the device, and versions."""
        import triton
        facts = {"torch": torch.__version__, "triton": triton.__version__, "cuda": torch.version.cuda,
                 "threads": torch.get_num_threads()}
        device = torch.device(request.get("device", "cpu"))
        if device.type != "cuda":
            return {"device": str(device), "name": _processor(), **facts}
        if not torch.cuda.is_available():
            raise Failure("not_allowed", "torch sees no CUDA device")
        properties = torch.cuda.get_device_properties(device)
        free, total = torch.cuda.mem_get_info(device)
        return {"device": str(device), "name": properties.name, "capability": properties.major * 10 + properties.minor,
                "multiprocessors": properties.multi_processor_count, "memory_bytes": total, "free_bytes": free,
                "driver": _driver_version(), "tf32": {"matmul": torch.backends.cuda.matmul.allow_tf32,
                                                      "convolution": torch.backends.cudnn.allow_tf32}, **facts}

    def clock(self, request):
        """{"device":"cpu"} → can calls be timed there?"""
        try:
            clock_for(request["device"])
        except Failure:
            return {"clock": False}
        return {"clock": True}

    def compile(self, request):
        """{"kernel":KERNEL,"targets":[80,90]} → {"results":[{"entry","target","shared_bytes","registers",…}|{…"error"}…]}."""
        if os.environ.get("TRITON_INTERPRET") == "1":
            raise Failure("bad_request", "kernels compile in a worker without TRITON_INTERPRET only")
        kernel = request["kernel"]
        module = _load(kernel)
        buffers = {buffer["name"]: buffer for buffer in kernel["buffers"]}
        results = []
        for launch in kernel["launches"]:
            for target in request.get("targets", [80, 90]):
                fact = {"entry": launch["entry"], "target": target}
                started = time.monotonic()
                try:
                    fact.update(_compile(module, launch, buffers, target))
                except Exception as error:  # whatever the compiler finds wrong with this kernel
                    fact["error"] = one_line(failure_from(error, "compile_error").message, 400)
                fact["seconds"] = round(time.monotonic() - started, 3)
                results.append(fact)
        return {"results": results}


def _load(kernel):
    """Imports the kernel's jit functions from a file, where Triton can read their source."""
    parts = kernel["source"] if "import triton" in kernel["source"] else "\n\n".join(
        [_HEADER.rstrip(), *kernel.get("helpers", []), kernel["source"]])
    descriptor, path = tempfile.mkstemp(prefix="kernel-", suffix=".py")
    with os.fdopen(descriptor, "w") as file:
        file.write(parts + "\n")
    return load_file(path, "kernelagent_kernel_" + os.path.basename(path)[7:-3])


def _compile(module, launch, buffers, target):
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    function = getattr(module, launch["entry"], None)
    while function is not None and not isinstance(function, triton.runtime.JITFunction):
        function = getattr(function, "fn", None)  # an autotuner around it
    if function is None:
        raise Failure("bad_request", f"no @triton.jit function {launch['entry']}")
    given = {argument["parameter"]: argument for argument in launch["arguments"]}
    signature, constants, attributes = {}, {}, {}
    for index, name in enumerate(function.arg_names):
        argument = given.get(name)
        if argument is None:
            default = function.signature.parameters[name].default
            signature[name], constants[(index,)] = "constexpr", default
        elif "buffer" in argument:
            signature[name] = "*" + _TYPES[buffers[argument["buffer"]]["dtype"]]
            attributes[(index,)] = [["tt.divisibility", 16]]  # allocations are aligned
        else:
            signature[name], constants[(index,)] = "constexpr", eval(argument["constant"], vars(module))  # noqa: S307
    source = ASTSource(function, signature, constants, attributes)
    options = {"num_warps": launch["num_warps"], "num_stages": launch["num_stages"]}
    compiled = triton.compile(source, target=GPUTarget("cuda", target, 32), options=options)
    shared = compiled.metadata.shared
    limit = _SHARED_MEMORY.get(target)
    facts = {"shared_bytes": shared, "num_warps": compiled.metadata.num_warps, **_resources(compiled.asm["cubin"])}
    if limit is not None and shared > limit:
        facts["error"] = f"needs {shared} bytes of shared memory, sm_{target} has {limit}"
    return facts


def _resources(cubin):
    """Asks the bundled cuobjdump what the compiled kernel uses. Registers that do not fit live on the stack, in local memory."""
    from triton import knobs
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(cubin)
        file.flush()
        done = subprocess.run([knobs.nvidia.cuobjdump.path, "-res-usage", file.name], capture_output=True, text=True,
                              timeout=_CUOBJDUMP_SECONDS)
    if done.returncode != 0:
        raise Failure("compile_error", f"cuobjdump: {done.stderr}")

    def number(name):
        found = re.findall(name + r":(\d+)", done.stdout)
        return max(map(int, found)) if found else 0

    return {"registers": number("REG"), "spill_bytes": number("STACK") + number("LOCAL")}


def _processor():
    try:
        with open("/proc/cpuinfo") as file:
            return next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), "cpu")
    except OSError:
        return "cpu"


def _driver_version():
    try:
        with open("/proc/driver/nvidia/version") as file:
            found = re.search(r"\s(\d+\.\d+(\.\d+)?)\s", file.readline())
            return found.group(1) if found else None
    except OSError:
        return None
