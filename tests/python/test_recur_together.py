"""Recurrent layers that many programs walk together, as codegen writes them for CUDA. On the GPU as they are; the interpreter runs one
program after another, so there one program takes all units, and waits for itself alone."""
import os
import pathlib
import re
import sys

import pytest

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")
pytest.importorskip("triton")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ops"))

from emitted import binary, candidates_for_cuda, run  # noqa: E402
from single import GATES, recurrent_layer  # noqa: E402

PROGRAM = binary()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="kernelagent is not built")
DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"


def by_one_program(source):
    """The same kernel with all units in one program, in words that the interpreter knows."""
    launch = re.compile(r"(_recur\[\()\d+(, \d+\)\]\(.*?)UNIT_BLOCK=\d+(,\s*)DEPTH=(\d+)(,\s*)PROGRAMS=\d+(.*?)launch_cooperative_grid=True", re.S)
    assert launch.search(source), source
    return launch.sub(r"\g<1>1\g<2>UNIT_BLOCK=\4\3DEPTH=\4\5PROGRAMS=1\6num_ctas=1", source)


def together(tmp_path, kind, rows, steps, units, directions=1):
    """A layer's results by programs that walk together, and PyTorch's."""
    generator = torch.Generator().manual_seed(7)
    single = recurrent_layer(kind, lambda *shape: torch.rand(shape, generator=generator) - 0.5, rows, steps, units, directions=directions)
    emission = candidates_for_cuda(PROGRAM, single.graph, tmp_path)
    best = {}  # by subgraph, the candidate with the most walks together
    for kernel in emission["kernels"]:
        walks = kernel["kernel"]["schedule"].count("recur share=")
        best[kernel["subgraph"]] = max((walks, kernel), best.get(kernel["subgraph"], (-1, None)), key=lambda pair: pair[0])
    assert sum(walks for walks, _ in best.values()) == directions
    emission["kernels"] = [kernel for _, kernel in best.values()]
    for kernel in emission["kernels"] if DEVICE == "cpu" else ():
        if "recur" in kernel["source"]:
            kernel["source"] = by_one_program(kernel["source"])
    values = run(emission, single.inputs, tmp_path, "layer", DEVICE)
    return [values[output["value"]] for output in single.graph["outputs"]], single.wanted


@pytest.mark.parametrize("kind", GATES)
# Units: a power of two, or no multiple of what a program takes; then the text checks them, whoever takes how many.
@pytest.mark.parametrize("rows,steps,units", [(3, 5, 64), (1, 4, 36), (19, 3, 33)])
def test_every_state_is_pytorch_s(tmp_path, kind, rows, steps, units):
    for got, want in zip(*together(tmp_path, kind, rows, steps, units), strict=True):
        torch.testing.assert_close(got.cpu(), want, rtol=2e-5, atol=2e-6)


def test_both_directions(tmp_path):
    for got, want in zip(*together(tmp_path, "lstm", 4, 6, 32, directions=2), strict=True):
        torch.testing.assert_close(got.cpu(), want, rtol=2e-5, atol=2e-6)
