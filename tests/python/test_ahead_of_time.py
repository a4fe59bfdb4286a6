"""Every kernel generated for the examples compiles for sm_80 and sm_90 without a GPU; what it needs there is recorded.

The interpreter proves the algorithm only; this proves that the text is a GPU program. The record, kernel_resources.tsv,
goes to the folder that KERNELAGENT_RECORD names, else to a temporary one. Where neither a record nor the long
tests are asked for, every other kernel is compiled, for one of the two: its text picks.
"""

import glob
import json
import os
import pathlib
import subprocess
import sys
import zlib

import pytest
from record import record_path

torch = pytest.importorskip("torch")
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "ops"))
BINARY = os.environ.get("KERNELAGENT_BIN", os.path.join(ROOT, "build", "release", "kernelagent"))
COLUMNS = ["problem", "entry", "target", "shared_bytes", "registers", "spill_bytes", "num_warps"]


def large_product(folder):
    """A graph of one matrix product that is large enough for schedules which the examples are too small for."""
    from single import Single
    path = folder / "large_product.json"
    path.write_text(json.dumps(Single("aten.mm.default", (torch.zeros(500, 150), torch.zeros(150, 510)), {}).graph))
    return str(path)


def recurrent_layers(folder):
    """Graphs of one recurrent layer each, which no example has. On the interpreter nothing runs that programs walk together."""
    from single import recurrent_layer
    paths = []
    for kind in ("lstm", "gru", "rnn_tanh"):
        paths.append(str(folder / f"{kind}.json"))
        pathlib.Path(paths[-1]).write_text(json.dumps(recurrent_layer(kind, torch.zeros, 3, 4, 40).graph))
    return paths


def emitted(*more, pattern="*.py"):
    """Every candidate kernel of the examples, and of more graphs, written for CUDA."""
    examples = sorted(glob.glob(os.path.join(ROOT, "examples", pattern))) + list(more)
    command = [BINARY, "emit", "--json", "--all", "--target-platform", "cuda", "--python", sys.executable, *examples]
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=600)
    kernels = []
    for line in done.stdout.splitlines():
        answer = json.loads(line)
        assert "error" not in answer, answer
        name = os.path.splitext(os.path.basename(answer["graph"]))[0]
        kernels += [(name, kernel["kernel"]) for kernel in answer["kernels"]]
    assert len(kernels) >= len(examples), done.stderr
    return kernels


EVERY_TARGET = record_path("") is not None or os.environ.get("KERNELAGENT_LONG") == "1"


def targets(kernel):
    """What a kernel is compiled for; schedules by float16 are written for sm_90 only."""
    written_for = [90] if "=fp16" in kernel["schedule"] else [80, 90]
    if EVERY_TARGET:
        return written_for
    if "recur share=" in kernel["schedule"]:
        return [90]
    pick = zlib.crc32(kernel["source"].encode())
    return [written_for[pick // 2 % len(written_for)]] if pick % 2 else []


# Compiles in a process of its own: this one may hold Triton's interpreter, which is chosen at import.
COMPILER = """
import json, sys
from kernelagent_worker.inspect import Role
role = Role()
for line in sys.stdin:
    print(json.dumps(role.handle({"request": "compile", **json.loads(line)})), flush=True)
"""


def test_every_kernel_compiles(tmp_path):
    kernels = emitted(large_product(tmp_path), *recurrent_layers(tmp_path))
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path / "cache")
    asked = [{"kernel": kernel, "targets": targets(kernel)} for _, kernel in kernels]
    lines = "".join(json.dumps(request) + "\n" for request in asked)
    done = subprocess.run([sys.executable, "-c", COMPILER], input=lines, capture_output=True, text=True, env=environment, timeout=900)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(kernels), done.stderr[-2000:]
    rows, failures = [], []
    for (name, kernel), answer in zip(kernels, answers):
        for result in answer["results"]:
            if "error" in result:
                failures.append(f"{name}: {result['entry']} for sm_{result['target']}: {result['error']}")
            rows.append([name] + [str(result.get(column, "")) for column in COLUMNS[1:]])
    with open(record_path("kernel_resources.tsv") or tmp_path / "kernel_resources.tsv", "w") as file:
        file.write("\n".join("\t".join(row) for row in [COLUMNS, *sorted(rows)]) + "\n")
    assert not failures, "\n".join(failures)
    assert len(rows) == sum(len(request["targets"]) * len(request["kernel"]["launches"]) for request in asked)


def test_a_kernel_that_does_not_compile_is_named(tmp_path):
    name, kernel = emitted(pattern="argmax.py")[0]
    kernel["source"] = kernel["source"].replace("tl.store(", "tl.no_such_function(", 1)
    environment = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    request = json.dumps({"kernel": kernel, "targets": [80, 90]}) + "\n"
    done = subprocess.run([sys.executable, "-c", COMPILER], input=request, capture_output=True, text=True, env=environment, timeout=300)
    results = json.loads(done.stdout)["results"]
    assert results and all("CompilationError" in result.get("error", "") for result in results), results


if __name__ == "__main__":
    sys.exit(pytest.main([__file__, "-q"]))
