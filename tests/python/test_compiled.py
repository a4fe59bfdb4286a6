"""Compiled results that travel: out of one private cache and into another, without a GPU (compiled ahead of time for sm_90)."""

import json
import os
import shutil
import subprocess
import sys
import time

import pytest
from judge_bench import ROOT
from triton import knobs
from zygote_driver import Driver

from kernelagent_worker import compiled
from kernelagent_worker.protocol import Failure

COMPILE = """
import importlib.util, sys, time
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
spec = importlib.util.spec_from_file_location("kernel", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
source = ASTSource(module.gelu_kernel, {"x_ptr": "*fp32", "y_ptr": "*fp32", "count": "i32", "BLOCK": "constexpr"}, {(3,): 1024}, {})
started = time.monotonic()
kernel = triton.compile(source, target=GPUTarget("cuda", 90, 32))
print(time.monotonic() - started, len(kernel.asm["cubin"]))
"""


def compile_in(cache, **environment):
    """Compiles a kernel in a fresh process; returns its seconds and the cubin's size, or None where it cannot."""
    kept = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    done = subprocess.run([sys.executable, "-c", COMPILE, str(ROOT / "genuine" / "gelu_erf.py")], capture_output=True, text=True,
                          env={**kept, "TRITON_CACHE_DIR": str(cache), **environment}, timeout=300)
    return tuple(map(float, done.stdout.split())) if done.returncode == 0 else None


def test_what_one_process_compiled_another_need_not(tmp_path):
    no_assembler = tmp_path / "ptxas"
    no_assembler.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec {knobs.nvidia.ptxas.path} --version || exit 1\n')
    no_assembler.chmod(0o755)
    first = compile_in(tmp_path / "first")
    files = compiled.pack(tmp_path / "first")
    assert any(place.endswith(".cubin") for place in files)
    compiled.unpack(json.loads(json.dumps(files)), tmp_path / "second")
    shutil.rmtree(tmp_path / "first")
    again = compile_in(tmp_path / "second", TRITON_PTXAS_PATH=str(no_assembler))
    print(f"compiled in {first[0]:.2f} s, taken over in {again[0]:.2f} s")
    assert again[1] == first[1]
    assert compile_in(tmp_path / "third", TRITON_PTXAS_PATH=str(no_assembler)) is None  # the control: without the files it is asked for


AHEAD = """
import json, sys
from kernelagent_worker.ahead import Role
print(json.dumps(Role().handle(json.loads(sys.stdin.read()))))
"""


def ahead(path, cache, part, **environment):
    """Compiles a part of what a program of one float32 input launches, in a fresh process."""
    kept = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    tensor = {"dtype": "float32", "shape": [1000], "stride": [1]}
    request = {"request": "ahead", "path": str(path), "entry": "auto", "mode": "train", "seed": 1, "init_inputs": None, "inputs": 1,
               "state": [], "types": {}, "arguments": [{"tensor": tensor}], "capability": 90, "part": part}
    done = subprocess.run([sys.executable, "-c", AHEAD], input=json.dumps(request), capture_output=True, text=True,
                          env={**kept, "TRITON_CACHE_DIR": str(cache), **environment}, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_parts_of_a_program_compile_apart_and_run_together(tmp_path):
    """The same call in a third process finds every kernel of the two parts: it has no assembler to compile one with."""
    program = tmp_path / "program.py"
    text = (ROOT / "genuine" / "gelu_erf.py").read_text()
    kernel, rest = text.split("def kernel_function", 1)
    program.write_text(kernel + kernel[kernel.index("@triton.jit"):].replace("gelu_kernel", "other_kernel") + """
def kernel_function(x):
    y, z = torch.empty_like(x), torch.empty(1001, dtype=x.dtype, device=x.device)
    gelu_kernel[(1,)](x, y, x.numel(), BLOCK=1024)
    gelu_kernel[(2,)](y, x, x.numel(), BLOCK=1024)  # as the first
    gelu_kernel[(1,)](x, z[1:], x.numel(), BLOCK=1024)  # an address that is no multiple of 16 bytes
    other_kernel[lambda meta: (meta["BLOCK"],)](x, y, x.numel(), BLOCK=512)
    return y
""")
    no_assembler = tmp_path / "ptxas"
    no_assembler.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec {knobs.nvidia.ptxas.path} --version || exit 1\n')
    no_assembler.chmod(0o755)
    halves = [ahead(program, tmp_path / f"half{part}", [part, 2]) for part in (0, 1)]
    assert [half["launches"] for half in halves] == [3, 3] and [half["compiled"] for half in halves] == [2, 1]
    assert not any(place.endswith((".ptx", ".ttir")) for half in halves for place in half["files"])
    for half in halves:
        compiled.unpack(half["files"], tmp_path / "whole")
    without = {"TRITON_PTXAS_PATH": str(no_assembler)}
    assert ahead(program, tmp_path / "whole", [0, 1], **without)["compiled"] == 3
    assert ahead(program, tmp_path / "empty", [0, 1], **without)["compiled"] == 0  # the control


@pytest.mark.parametrize("place", ["../ABCDEFGH/a", "ABCDEFGH/../../a", "/tmp/a", "ABCDEFGH/.a", "ABCDEFGH", "abcdefgh/a", "ABCDEFGH/a/b"])
def test_results_lie_nowhere_else(tmp_path, place):
    with pytest.raises(Failure):
        compiled.unpack({place: ""}, tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_a_group_names_files_of_its_own_folder_only(tmp_path):
    (tmp_path / "a" / "ABCDEFGH").mkdir(parents=True)
    group = {"child_paths": {"k.cubin": "/elsewhere/k.cubin", "../../x": "/etc/passwd"}}
    (tmp_path / "a" / "ABCDEFGH" / "__grp__k.json").write_text(json.dumps(group))
    compiled.unpack(compiled.pack(tmp_path / "a"), tmp_path / "b")
    found = json.loads((tmp_path / "b" / "ABCDEFGH" / "__grp__k.json").read_text())
    assert found == {"child_paths": {"k.cubin": str(tmp_path / "b" / "ABCDEFGH" / "k.cubin")}}


def test_what_is_there_is_left_alone(tmp_path):
    """It may be a library that this process has loaded: writing over its file ends the process."""
    place, old, new = "A" * 32 + "/cuda_utils.so", "b2xk", "bmV3"
    compiled.unpack({place: old}, str(tmp_path))
    compiled.unpack({place: new, "B" * 32 + "/other.so": new}, str(tmp_path))
    assert (tmp_path / place).read_bytes() == b"old" and (tmp_path / ("B" * 32) / "other.so").read_bytes() == b"new"


def test_too_much_is_nothing(tmp_path, monkeypatch):
    (tmp_path / "ABCDEFGH").mkdir()
    (tmp_path / "ABCDEFGH" / "k.cubin").write_bytes(bytes(100))
    monkeypatch.setattr(compiled, "_MOST", 99)
    assert compiled.pack(tmp_path) == {}
    assert compiled.pack(tmp_path / "missing") == {}


def test_the_zygote_builds_for_its_children_what_every_kernel_needs(tmp_path):
    """With a stand-in for the driver's library, which is linked and not loaded."""
    subprocess.run(["gcc", "-shared", "-o", tmp_path / "libcuda.so.1", "-x", "c", os.devnull], check=True)
    driver = Driver(environment={"TRITON_INTERPRET": "", "TRITON_LIBCUDA_PATH": str(tmp_path), "TRITON_CACHE_DIR": str(tmp_path / "zygote")})
    started = time.monotonic()
    children = [driver.fork() for _ in range(2)]
    listing = "import os; print([name for _, _, names in os.walk(os.environ['TRITON_CACHE_DIR']) for name in names])"
    spoil = "import glob; open(glob.glob(os.environ['TRITON_CACHE_DIR'] + '/*/cuda_utils*')[0], 'w').write('spoilt')"
    children[0].call("execute", source=f"import os; {spoil}")
    children.append(driver.fork())  # after one of them wrote to its own
    sizes = "import os; print([os.stat(os.path.join(at, name)).st_size for at, _, names in os.walk(os.environ['TRITON_CACHE_DIR']) for name in names])"
    for child in children[1:]:
        assert "cuda_utils" in child.call("execute", source=listing)["printed"], driver.ready
        assert eval(child.call("execute", source=sizes)["printed"])[0] > 10000
    assert time.monotonic() - started < 20  # children do not build it
    driver.close()
