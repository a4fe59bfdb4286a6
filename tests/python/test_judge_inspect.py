"""Ahead-of-time compilation for two GPUs on a machine that has none."""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

SOURCE = '''@triton.jit
def scale(x_ptr, y_ptr, COUNT: tl.constexpr, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + offsets, twice(tl.load(x_ptr + offsets, mask=offsets < COUNT)), mask=offsets < COUNT)
'''
HELPER = '''@triton.jit
def twice(x):
    return x * 2.0
'''
ARGUMENTS = [{"parameter": "x_ptr", "buffer": "x"}, {"parameter": "y_ptr", "buffer": "y"},
             {"parameter": "COUNT", "constant": "1000"}, {"parameter": "BLOCK", "constant": "256"}]


def inspect(request, **environment):
    program = "import json, sys; from kernelagent_worker import inspect; print(json.dumps(inspect.Role().handle(json.load(sys.stdin))))"
    kept = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    done = subprocess.run([sys.executable, "-c", program], input=json.dumps(request), capture_output=True, text=True,
                          env={**kept, "PYTHONPATH": str(ROOT / "python"), **environment})
    return json.loads(done.stdout) if done.returncode == 0 else done.stderr


def kernel(source):
    buffers = [{"name": name, "role": role, "dtype": "float32", "shape": [1000], "stride": [1]} for name, role in (("x", "input"), ("y", "output"))]
    return {"source": source, "helpers": [HELPER], "buffers": buffers,
            "launches": [{"entry": "scale", "grid": ["4"], "arguments": ARGUMENTS, "num_warps": 4, "num_stages": 2}]}


def test_compiles_for_both_targets(tmp_path):
    results = inspect({"request": "compile", "kernel": kernel(SOURCE), "targets": [80, 90]}, TRITON_CACHE_DIR=str(tmp_path))["results"]
    assert [(one["entry"], one["target"]) for one in results] == [("scale", 80), ("scale", 90)]
    for one in results:
        assert "error" not in one and one["registers"] > 0 and one["spill_bytes"] == 0 and one["shared_bytes"] >= 0


def test_says_what_the_compiler_found(tmp_path):
    broken = kernel(SOURCE.replace("offsets < COUNT)", "offsets < MISSING)", 1))
    results = inspect({"request": "compile", "kernel": broken, "targets": [90]}, TRITON_CACHE_DIR=str(tmp_path))["results"]
    assert "MISSING" in results[0]["error"]


def test_needs_real_jit_functions():
    assert "TRITON_INTERPRET" in inspect({"request": "compile", "kernel": kernel(SOURCE)}, TRITON_INTERPRET="1")


def test_device_tells_versions():
    facts = inspect({"request": "device", "device": "cpu"})
    assert facts["device"] == "cpu" and facts["torch"] and facts["triton"]
