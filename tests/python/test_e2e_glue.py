"""A program whose Python looks at values: its glue stays Python, its parts get kernels, and the verdict says which branches were judged."""

import importlib.util
import json

import pytest
import torch
from e2e import MODEL, call, events, script, write_problem  # noqa: F401 (script is a fixture)

FORWARD = """(x)
y = x * self.weight
if y.sum() > 1e38:
    return y * 3
if y.sum() > 0:
    return torch.relu(y)
return -y"""


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_branches_stay_python_and_the_verdict_names_them(script, tmp_path, monkeypatch):
    asked = script("glues")
    problem = write_problem(tmp_path / "branch.py", FORWARD, "[torch.randn(5, 7)]", constructor="self.weight = nn.Parameter(torch.randn(7))")
    done = call("run", problem, "--model", MODEL, "--seeds", "1", "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "accepted", done.stdout + done.stderr
    assert asked() == 2
    run = next((tmp_path / ".fuse").glob("run_*"))
    first, second = (event.get("fault", "") for event in events(run, "answer_checked"))
    assert "outside of a part: aten.neg" in first and second == ""
    assert json.loads((run / "route.json").read_text())["strategy"] == "refactor"
    kernels = {row["id"] for row in json.loads((run / "kernels_out/summary.json").read_text())}
    assert len(kernels) >= 3 and len({kernel[:5] for kernel in kernels}) == len(kernels)

    program = (run / "compose_out/composed_kernel.py").read_text()
    assert "if float(total) > 1e38:" in program and "return _positive(y)" in program and "NotImplementedError" in program
    lines = {number: line.strip() for number, line in enumerate(problem.read_text().splitlines(), 1)}
    verdict = json.loads((run / "compose_out/verdict.json").read_text())
    branches = {branch["text"]: branch for branch in verdict["details"]["branches"]}
    assert branches["y.sum() > 0"]["taken"] and branches["y.sum() > 0"]["not_taken"]
    rare = branches["y.sum() > 1e38"]
    assert not rare["taken"] and rare["not_taken"] and lines[rare["line"]] == "if y.sum() > 1e38:"
    notes = json.loads((run / "compose_out/certificate.json").read_text())["notes"]
    assert any(f"line {rare['line']} of the problem" in note and "never true" in note for note in notes)

    # A branch that nothing took says so; the others compute.
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    original, made = load(problem, "original").Model(), load(run / "compose_out/composed_kernel.py", "made").ModelNew()
    made.load_state_dict(original.state_dict())
    with torch.no_grad():
        for sign in (1, -1):
            x = sign * torch.ones(5, 7) * original.weight.sign()
            torch.testing.assert_close(made(x), original(x))
        with pytest.raises(NotImplementedError, match="Thrice"):
            made(torch.full((5, 7), 3e38) * original.weight.sign())

    again = call("run", "--resume", run.name, cwd=tmp_path)
    assert again.returncode == 0 and asked() == 2


GENUINE = """import torch
import triton
import triton.language as tl


@triton.jit
def _kernel(x, y, total, N: tl.constexpr):
    at = tl.arange(0, 64)
    value = tl.load(x + at, mask=at < N, other=0.0)
    tl.store(y + at, value * 2, mask=at < N)
    tl.store(total, tl.sum(value))


@triton.jit
def _negate(y, z, N: tl.constexpr):
    at = tl.arange(0, 64)
    tl.store(z + at, -tl.load(y + at, mask=at < N), mask=at < N)


def kernel_function(x):
    y = torch.empty_like(x)
    total = torch.empty((), dtype=x.dtype, device=x.device)
    _kernel[(1,)](x, y, total, 35)
    {read}
    if big:
        return y
    z = torch.empty_like(y)
    _negate[(1,)](y, z, 35)
    return z
"""


@pytest.mark.parametrize("read, verdict", [
    ("big = float(total) > 0", "accepted"),
    ("big = float(total) > 0 and float(total) > 0", "fallback"),  # oftener than the problem
    ("big = sum(float(x[0][i]) for i in range(1)) + float(total) > 1e9", "fallback"),  # an element
])
def test_a_kernel_may_read_what_the_problem_reads(read, verdict, tmp_path):
    problem = write_problem(tmp_path / "p.py", "(x)\nreturn x * 2 if x.sum() > 0 else -(x * 2)", "[torch.randn(5, 7)]")
    kernel = tmp_path / "k.py"
    kernel.write_text(GENUINE.replace("{read}", read))
    done = call("verify", kernel, "--problem", problem, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["verdict"] == verdict, done.stdout + done.stderr


def test_a_kernel_may_read_nothing_where_the_problem_does_not(tmp_path):
    problem = write_problem(tmp_path / "p.py", "(x)\nreturn -(x * 2)", "[torch.randn(5, 7)]")
    kernel = tmp_path / "k.py"
    kernel.write_text(GENUINE.replace("{read}", "big = float(total) > 1e30"))
    done = call("verify", kernel, "--problem", problem, "--json", cwd=tmp_path)
    found = json.loads(done.stdout)
    assert found["verdict"] == "fallback" and "more often" in found["reason"]
