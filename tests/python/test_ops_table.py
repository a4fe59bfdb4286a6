"""Every row of the operator table against PyTorch: its decomposition, and the kernels that codegen writes for it.

tests/ops/ holds the samples. Kernels run on the GPU where there is one (unless TRITON_INTERPRET is set), on the interpreter otherwise.
KERNELAGENT_OPS=part,part limits the operators. Of each row's element types the first of float32, int64, bool, float16 that it has is tried,
and for every second row another that its name picks; KERNELAGENT_OPS_ALL=1 tries all (test_ops_table_long.py does).
"""
import json
import os
import pathlib
import subprocess
import sys
import warnings
import zlib

import pytest

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")
pytest.importorskip("triton")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ops"))

from emitted import binary, decompose, emit, run  # noqa: E402
from evaluate import Evaluator, close  # noqa: E402
from samples import Maker, load_all  # noqa: E402
from single import Single, find  # noqa: E402

warnings.filterwarnings("ignore")
PROGRAM = binary()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="kernelagent is not built")
DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"
QUICK = ("float32", "int64", "bool", "float16")
SAMPLES = load_all()


def wanted(name, dtypes):
    """The element types that are tried: all, or a sample that changes with the row only."""
    if os.environ.get("KERNELAGENT_OPS_ALL") == "1":
        return dtypes
    quick = [dtype for dtype in QUICK if dtype in dtypes]
    pick = zlib.crc32(name.encode())
    return quick[:1] + ([quick[1:][pick // 4 % len(quick[1:])]] if len(quick) > 1 and pick % 4 == 0 else [])


def names():
    parts = [part for part in os.environ.get("KERNELAGENT_OPS", "").split(",") if part]
    return [name for name in SAMPLES if find(name) is not None and (not parts or any(part in name for part in parts))]


def singles(name, special=True):
    """(label, call) for every element type and sample; calls that PyTorch's CPU lacks for a type are left out."""
    entry = SAMPLES[name]
    for dtype in wanted(name, entry.dtypes):
        for number, build in enumerate(entry.calls):
            for hard in (False, True) if special and dtype in entry.special else (False,):
                arguments, keywords = build(Maker(dtype, special=hard))
                try:
                    yield f"{dtype} sample {number}{' special' if hard else ''}", Single(name, arguments, keywords, entry.outputs)
                except (RuntimeError, NotImplementedError) as error:
                    if "not implemented" not in str(error) and "ZeroDivisionError" not in str(error) and "isComplexType" not in str(error):
                        raise


@pytest.fixture(scope="module")
def rows():
    done = subprocess.run([PROGRAM, "ops", "--json"], capture_output=True, text=True, check=True)
    return {row["name"]: row for row in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def emissions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("graphs")
    graphs = (((name, label), single.graph) for name in names() for label, single in singles(name))
    return dict(emit(PROGRAM, graphs, folder))


@pytest.fixture(scope="module")
def decompositions(tmp_path_factory):
    graphs = (((name, label), single.graph) for name in names() for label, single in singles(name, special=False))
    return dict(decompose(PROGRAM, graphs, tmp_path_factory.mktemp("decomposed")))


def test_every_row_has_a_sample(rows):
    emitted = {name for name, row in rows.items() if name.startswith("aten.") and not row["reason"]}
    assert emitted - set(SAMPLES) == set(), "rows without a sample in tests/ops/"
    assert set(SAMPLES) - emitted == set(), "samples of rows that are not emitted"


def test_every_row_is_an_operator(rows):
    assert [name for name in rows if name.startswith("aten.") and find(name) is None] == []


@pytest.mark.parametrize("name", names())
def test_decomposition(name, decompositions):
    """Runs the decomposed graph with PyTorch, primitive by primitive."""
    for label, single in singles(name, special=False):
        text = decompositions[name, label]
        assert text.startswith("graph "), f"{label}: {text}"
        for i, (got, want) in enumerate(zip(Evaluator(text).run(single.inputs), single.wanted)):
            problem = SAMPLES[name].values and close(got, want)
            assert not problem, f"{label}: output {i}: {problem}\n{text}"


@pytest.mark.parametrize("name", names())
def test_kernels(name, emissions, tmp_path):
    """Accepted is emitted, and what is emitted computes what PyTorch computes, NaN and infinities included."""
    for number, (label, single) in enumerate(singles(name)):
        emission = emissions[name, label]
        assert "error" not in emission, f"{label}: {emission['error']['message']}"
        values = run(emission, single.inputs, tmp_path, f"kernel_{number}", DEVICE)
        for i, (output, want) in enumerate(zip(single.graph["outputs"], single.wanted)):
            if output["value"] not in values or not SAMPLES[name].values:
                continue  # a view of an input: no kernel writes it
            problem = close(values[output["value"]], want)
            assert not problem, f"{label}: output {i}: {problem}\n{emission['kernels'][-1]['source']}"


def test_page():
    """docs/OPERATORS.md says what this table and these samples say. Written with the torch that ./dev installs."""
    from page import PAGE, page
    version = ".".join(torch.__version__.split(".")[:2])
    written = PAGE.read_text()
    if f"as PyTorch {version} computes" not in written:
        pytest.skip(f"docs/OPERATORS.md was written with another torch than {version}")
    assert page() == written, "if the table is right now: KERNELAGENT_BIN=build/release/kernelagent PYTHONPATH=python $KERNELAGENT_PYTHON tests/ops/page.py"
