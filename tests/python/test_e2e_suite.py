"""Suites of the real binary: whatever happens to a problem costs its own row, a kill at any point costs nothing that is done."""

import ast
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from e2e import ROOT, call, start, write_problem


def problems(folder):
    for name in ("level1", "level2"):
        (folder / "p" / name).mkdir(parents=True)
    shutil.copy(ROOT / "examples/argmax.py", folder / "p/level1/51_argmax.py")
    (folder / "p/level1/60_kills.py").write_text("import os\nos.kill(os.getpid(), 9)\n")
    (folder / "p/level2/1_missing.py").write_text("import a_package_that_nobody_has\n")
    return folder / "p"


def rows(folder):
    found = {}
    for path in (folder / ".fuse").glob("suite_*/rows/**/*.json"):
        row = json.loads(path.read_text())  # whole at any time
        found[row["problem"]] = row
    return found


def wait_for_a_row(process, folder):
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        if any(row["judged"] for row in rows(folder).values()):
            return
        if process.poll() is not None:
            pytest.fail(f"the suite ended: {process.communicate()}")
        time.sleep(0.02)
    pytest.fail("no row came")


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """A suite that was killed after its first row and resumed."""
    folder = tmp_path_factory.mktemp("suite")
    process = start("suite", problems(folder), "--jobs", "1", cwd=folder)
    wait_for_a_row(process, folder)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    done = {name: row for name, row in rows(folder).items() if row["judged"]}
    assert done and len(done) < 3
    resumed = call("suite", "--resume", "last", "--jobs", "2", "--json", cwd=folder)
    assert resumed.returncode == 1, resumed.stdout + resumed.stderr
    return folder, done, json.loads(resumed.stdout)


def test_every_problem_has_its_row(suite):
    _, _, report = suite
    by_name = {row["problem"]: row for row in report["rows"]}
    assert by_name["level1/51_argmax"]["status"] == "accepted"
    assert by_name["level1/51_argmax"]["route"] == "codegen"
    assert by_name["level1/51_argmax"]["authors"] == {"codegen": 1}
    assert "signal 9" in by_name["level1/60_kills"]["reason"]
    assert "a_package_that_nobody_has" in by_name["level2/1_missing"]["reason"]
    assert [level["accepted"] for level in report["levels"]] == [1, 0, 1]


def test_a_kill_costs_nothing_that_is_done(suite):
    folder, done, _ = suite
    for name, row in done.items():
        assert rows(folder)[name] == row
    begun = list((folder / ".fuse").glob("run_*/events.jsonl"))  # a folder that was only prepared when the kill came has none
    assert len(begun) == 3, "a run for each problem, whenever the kill came"
    sittings = json.loads(next((folder / ".fuse").glob("suite_*/sittings.json")).read_text())
    assert len(sittings) == 2


def test_the_report_comes_in_three_forms(suite):
    folder, _, report = suite
    path = next((folder / ".fuse").glob("suite_*"))
    assert json.loads((path / "report.json").read_text()) == report
    assert "| level1/51_argmax | accepted |" in (path / "report.md").read_text()
    page = (path / "report.html").read_text()
    assert "<svg" in page and "<script" not in page


def test_what_was_accepted_is_exported(suite):
    folder, _, _ = suite
    done = call("export", next((folder / ".fuse").glob("suite_*")).name, "--to", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    text = (folder / "out/level_1_problem_51_sample_0_kernel.py").read_text()
    names = {node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    assert "ModelNew" in names and "__main__" not in text and "x.to(t)" not in text


def test_an_exported_program_takes_what_the_evaluator_makes_of_a_mask(tmp_path):
    (tmp_path / "level1").mkdir()
    problem = write_problem(tmp_path / "level1/93_masked.py", "(x, mask)\nreturn torch.cumsum(x * mask, 1)", "[torch.rand(4, 9), torch.rand(4, 9) < 0.5]")
    done = call("run", problem, "--json", "--effort", "quick", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert call("export", "last", "--to", "out", cwd=tmp_path).returncode == 0
    check = ("import torch, runpy; m = runpy.run_path('out/level_1_problem_93_sample_0_kernel.py')['ModelNew'](); x = torch.rand(4, 9); "
             "k = torch.rand(4, 9) < 0.5; y = torch.cumsum(x * k, 1); assert torch.allclose(m(x, k.float()), y) and torch.allclose(m(x, k), y)")
    done = subprocess.run([sys.executable, "-c", check], cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "TRITON_INTERPRET": "1"})
    assert done.returncode == 0, done.stderr


def test_a_run_is_profiled_without_a_gpu(suite):
    folder, _, report = suite
    run = next(row["run"] for row in report["rows"] if row["status"] == "accepted")
    done = call("profile", run, "--json", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    kernel = json.loads(done.stdout)["kernels"][0]
    launch = kernel["launches"][0]
    assert kernel["bytes"] == 5 * 77 * 6 * 4 + 5 * 6 * 8
    assert launch["registers"] > 0 and 0 < launch["occupancy"]["share"] <= 1
    assert any(missing.startswith("times") for missing in json.loads(done.stdout)["missing"])


def test_a_problem_that_hangs_is_ended(tmp_path):
    (tmp_path / "hangs.py").write_text("while True:\n    pass\n")
    done = call("suite", "hangs.py", "--limit", "5", "--json", cwd=tmp_path)
    assert done.returncode == 1, done.stderr
    row = json.loads(done.stdout)["rows"][0]
    assert row["status"] == "timed_out" and "trace" in row["reason"]


def test_an_interrupted_suite_says_how_to_go_on(tmp_path):
    (tmp_path / "hangs.py").write_text("while True:\n    pass\n")
    process = start("suite", "hangs.py", cwd=tmp_path)
    deadline = time.monotonic() + 120
    while not rows(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert f"kernelagent suite --resume {next((tmp_path / '.fuse').glob('suite_*')).name}" in err
    assert not rows(tmp_path)[f"{tmp_path.name}/hangs"]["judged"]
