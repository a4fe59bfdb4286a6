"""What users of the first version type: its commands, options and names; a test of one's own; a project's settings file."""

import json
import os
import subprocess

import pytest
from e2e import BINARY, call, environment, write_problem

FORWARD = "(x)\nreturn torch.relu(x * 2)", "[torch.randn(5, 37)]"


@pytest.fixture
def problem(tmp_path):
    return write_problem(tmp_path / "relu.py", *FORWARD)


def last_run(folder):
    return max((folder / ".fuse").glob("run_*"))


def test_the_stages_one_by_one(problem, tmp_path):
    done = call("extract", "--problem", problem, "--workers", "2", "--max-iters", "3", "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "stopped", done.stdout + done.stderr
    run = last_run(tmp_path)
    settings = json.loads((run / "run.json").read_text())["settings"]
    assert (settings["seeds"], settings["rounds"]) == (2, 3)
    subgraphs = run / "subgraphs.json"
    assert len(json.loads(subgraphs.read_text())) == 1
    done = call("dispatch", "--subgraphs", subgraphs, "--jobs", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = run / "kernels_out/summary.json"
    assert json.loads(summary.read_text())[0]["success"]
    done = call("compose", "--problem", problem, "--subgraphs", subgraphs, "--kernels-summary", summary, "--verify", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads((run / "compose_out/summary.json").read_text())["success"] and last_run(tmp_path) == run
    done = call("compose", "--subgraphs", problem, cwd=tmp_path)
    assert done.returncode == 2 and "no run's folder" in done.stderr


def test_the_pipeline_in_one(problem, tmp_path):
    mine = tmp_path / "test_relu.py"
    mine.write_text("""import sys

import torch
from kernel import kernel_function
from problem import Model


def test_kernel():
    x = torch.randn(5, 37)
    print("comparing")
    return torch.allclose(kernel_function(x), Model()(x))


if __name__ == "__main__":
    sys.exit(0 if test_kernel() else 1)
""")
    done = call("pipeline", "--problem", problem, "--extract-model", "replay/none", "--dispatch-jobs", "auto", "--compose-model", "o4-mini",
                "--workers", "4", "--max-iters", "5", "--verify", "--out-root", tmp_path / "out", "--llm-timeout-s", "60",
                "--run-timeout-s", "300", "--test", mine, "--json", cwd=tmp_path)
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "accepted", done.stdout + done.stderr
    run = next((tmp_path / "out").glob("run_*"))
    said = json.loads((run / "compose_out/verdict.json").read_text())["details"]["user_test"]
    assert said["passed"] and "comparing" in said["printed"]

    # A test can reject what the judge accepts; a lenient one cannot make the judge accept anything.
    for text, why in (("import kernel\nraise SystemExit(3)", "exits with 3"), ("import os\nos._exit(0)", "ended")):
        mine.write_text(text)
        done = call("run", "--resume", run, "--test", mine, "--json", cwd=tmp_path)
        outcome = json.loads(done.stdout)
        assert done.returncode == 1 and outcome["status"] == "not_verified" and "your test" in outcome["message"], done.stdout
        assert why in outcome["message"]
        assert not json.loads((run / "compose_out/summary.json").read_text())["success"]
    done = call("run", problem, "--test", tmp_path / "none.py", cwd=tmp_path)
    assert done.returncode == 2 and "no such test" in done.stdout + done.stderr


def test_a_projects_file_holds_for_its_folder(problem, tmp_path):
    (tmp_path / "kernelagent.toml").write_text('runs = "elsewhere"\nfused_check = false\n')
    done = call("run", problem, "--until", "trace", cwd=tmp_path)
    assert done.returncode == 0 and list((tmp_path / "elsewhere").glob("run_*")), done.stdout + done.stderr
    (tmp_path / "kernelagent.toml").write_text("fused_chek = false\n")
    done = call("run", problem, cwd=tmp_path)
    assert done.returncode == 2 and "fused_chek" in done.stderr and "did you mean fused_check?" in done.stderr
    assert "kernelagent.toml:1" in done.stderr


@pytest.mark.parametrize("name, entry", [("kernel-agent", "kernel"), ("fuser-ui", "fuser"), ("pipeline-ui", "pipeline")])
def test_the_names_of_the_old_pages_open_the_page(name, entry, tmp_path):
    link = tmp_path / name
    os.symlink(BINARY, link)
    page = subprocess.Popen([link, "--port", "0", "--no-open", "--json"], cwd=tmp_path, env=environment(), text=True, stdout=subprocess.PIPE)
    try:
        told = json.loads(page.stdout.readline())
        assert told["address"].startswith("http://127.0.0.1:") and told["page"] == f"{told['address']}#/new/{entry}"
    finally:
        page.terminate()
        assert page.wait(timeout=60) == 0
