"""What test_ops_table.py leaves out: the remaining element types, and every kernel compiled for sm_90 (no GPU needed)."""
import json
import os
import pathlib
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "ops"))

from emitted import binary, emit  # noqa: E402
from samples import Maker, load_all  # noqa: E402
from single import Single, find  # noqa: E402

pytestmark = pytest.mark.skipif(binary() is None, reason="kernelagent is not built")

COMPILE = """
import json, sys
from kernelagent_worker.inspect import Role
role = Role()
for line in open(sys.argv[1]):
    item = json.loads(line)
    for result in role.compile({"kernel": item["kernel"], "targets": [90]})["results"]:
        if "error" in result:
            print(item["name"], result["entry"], result["error"])
"""


def environment(**changes):
    kept = {key: value for key, value in os.environ.items() if key != "TRITON_INTERPRET"}
    return kept | {"PYTHONPATH": str(HERE.parents[1] / "python")} | changes


@pytest.mark.parametrize("dtype", ("float32", "float16", "float64", "int64"))
def test_kernels_compile_for_hopper(dtype, tmp_path):
    """The interpreter proves the algorithm; this proves that the text is Triton for a GPU."""
    graphs = []
    for name, entry in load_all().items():
        if find(name) is None or dtype not in entry.dtypes or not entry.calls:
            continue
        for number, build in enumerate(entry.calls):
            arguments, keywords = build(Maker(dtype))
            try:
                graphs.append(((name, number), Single(name, arguments, keywords, entry.outputs).graph))
            except (RuntimeError, NotImplementedError):
                continue
    with open(tmp_path / "kernels", "w") as file:
        for (name, number), emission in emit(binary(), graphs, tmp_path):
            for kernel in emission.get("kernels", []):
                file.write(json.dumps({"name": f"{name} sample {number}", "kernel": kernel["kernel"]}) + "\n")
    done = subprocess.run([sys.executable, "-c", COMPILE, str(tmp_path / "kernels")], env=environment(TRITON_CACHE_DIR=str(tmp_path / "cache")), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout == "", done.stdout


def test_all_element_types():
    path = HERE / "test_ops_table.py"
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(path)],
                          env=dict(os.environ, KERNELAGENT_OPS_ALL="1"), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
