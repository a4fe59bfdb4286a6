"""The text that the judge read is the text that runs, and Python reads it as the judge did."""

import importlib.util
import py_compile

import pytest
from judge_bench import PROBLEMS, Judging

from kernelagent_worker.outline import outline
from kernelagent_worker.protocol import Failure

HONEST = """import torch
import triton
import triton.language as tl


@triton.jit
def twice_kernel(x_ptr, y_ptr, count, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    mask = offsets < count
    tl.store(y_ptr + offsets, 2 * tl.load(x_ptr + offsets, mask=mask), mask=mask)


def kernel_function(x):
    y = torch.empty_like(x)
    twice_kernel[(triton.cdiv(x.numel(), 1024),)](x, y, x.numel(), BLOCK=1024)
    return y
"""


def launched(judging):
    return [launch["kernel"] for launch in judging.run_candidate()["launches"]]


@pytest.fixture
def judging():
    return Judging(PROBLEMS / "gelu.py")


def load(judging, path):
    judging.candidate.handle({"request": "load", "path": str(path), "entry": "auto", "device": "cpu", "mode": "train", "seed": 42,
                              "init_inputs": [], "inputs": 1, "state": []})


def test_compiled_code_beside_the_source_is_not_read(judging, tmp_path):
    """Bytecode that says it needs no check is what Python's own importer would run."""
    path = tmp_path / "kernel.py"
    path.write_text("def kernel_function(x):\n    return x * 0\n")
    py_compile.compile(str(path), cfile=importlib.util.cache_from_source(str(path)),
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    path.write_text(HONEST)
    load(judging, path)
    judging.settle()
    assert launched(judging) == ["twice_kernel"]


def test_the_text_that_was_sent_runs(judging, tmp_path):
    """Also for Triton, which looks a kernel's text up in the file once more."""
    path = tmp_path / "kernel.py"
    path.write_text(HONEST.replace("twice_kernel", "other_kernel"))
    judging.candidate.handle({"request": "outline", "path": str(path), "source": HONEST})
    load(judging, path)
    judging.settle()
    assert launched(judging) == ["twice_kernel"]


def test_outline():
    assert outline("import math as m\nx = m.sqrt(f'{y}')\n").split("\n") == [
        "attribute 2:4 sqrt", "call 2:4 ", "import 1:7 math m", "name 2:0 x", "name 2:11 y", "name 2:4 m"]


@pytest.mark.parametrize("source", ["def f(:\n", "x = '\0'\n", "x = " + "(" * 5000 + ")" * 5000])
def test_unreadable_text_is_a_failure(source):
    with pytest.raises(Failure) as raised:
        outline(source)
    assert raised.value.kind == "syntax"
