"""Tuning, end to end on the interpreter: its workers have the host's clock here (tests/timing/host_clock.py), by which larger blocks are faster
because there are fewer programs to interpret."""

import json
import os
import pathlib
import shutil
import signal
import time

import e2e
import pytest
from e2e import ROOT, call, events, start, write_problem


@pytest.fixture(autouse=True)
def clock(tmp_path, monkeypatch):
    """A worker with a clock."""
    worker = tmp_path / "worker"
    shutil.copytree(ROOT / "python/kernelagent_worker", worker / "kernelagent_worker", ignore=shutil.ignore_patterns("__pycache__"))
    with open(worker / "kernelagent_worker/stopwatch.py", "a") as file:
        file.write((ROOT / "tests/timing/host_clock.py").read_text())
    usual = e2e.environment
    monkeypatch.setattr(e2e, "environment", lambda: {**usual(), "KERNELAGENT_WORKER": str(worker)})


@pytest.fixture
def square(tmp_path):
    return write_problem(tmp_path / "square.py", "(x)\nreturn x * x + 1", "[torch.rand(1 << 16)]")


QUICK = ("--candidates", "1", "--effort", "quick", "--no-fused-check", "--until", "write")  # full tuning then tries four


def tuned_run(problem, cwd, *words):
    done = call("run", problem, "--json", *QUICK, *words, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return pathlib.Path(cwd / json.loads(done.stdout)["directory"])


def entries(cwd):
    return [json.loads(line) for line in (cwd / ".fuse/tuning.jsonl").read_text().splitlines()]


def test_the_clock_has_the_last_word_and_is_asked_once(square, tmp_path):
    run = tuned_run(square, tmp_path, "--tune", "full")
    [tuned] = events(run, "subgraph_tuned")
    timed = {event["number"]: event for event in events(run, "candidate_timed")}
    assert tuned["how"] == "timed" and tuned["timed"] == len(timed) == 4
    # The cost model's favourite is not what the clock says.
    assert timed[1]["schedule"] != tuned["schedule"] and timed[1]["milliseconds"] > 1.2 * tuned["milliseconds"]
    assert tuned["milliseconds"] == min(event["milliseconds"] for event in timed.values())
    assert timed[1]["turns"] < max(event["turns"] for event in timed.values()), "the slower half leaves early"
    [chosen] = events(run, "kernel_chosen")
    assert chosen["schedule"] == tuned["schedule"] and tuned["schedule"] in (run / chosen["path"]).read_text()
    [entry] = entries(tmp_path)
    assert entry["schedule"] == tuned["schedule"] and entry["depth"] == "full" and len(entry["others"]) == tuned["judged"] - 1
    story = call("show", run.name, "tuning", cwd=tmp_path).stdout
    assert f"* {chosen_number(run, tuned)}" in " ".join(story.split()) and "predicted" in story
    [row] = json.loads((run / "kernels_out/summary.json").read_text())
    assert row["tuning"]["how"] == "timed" and row["schedule"] == tuned["schedule"]

    # Elsewhere, from an exported file: nothing but the known schedule is judged.
    assert call("tune", "export", "known.jsonl", cwd=tmp_path).returncode == 0
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "1 added" in call("tune", "import", tmp_path / "known.jsonl", cwd=elsewhere).stdout
    again = tuned_run(square, elsewhere, "--tune", "quick")
    [known] = events(again, "subgraph_tuned")
    assert known["how"] == "remembered" and known["source"] == "tuning.jsonl" and known["schedule"] == tuned["schedule"]
    assert [event["schedule"] for event in events(again, "candidate_judged")] == [tuned["schedule"]]


def chosen_number(run, tuned):
    return next(event["number"] for event in events(run, "candidate_timed") if event["schedule"] == tuned["schedule"])


def test_what_is_remembered_is_judged_as_any_other(tmp_path):
    """On a CPU PyTorch adds a long scan in float64; a schedule that adds in float32 is not accepted, whoever recommends it."""
    problem = write_problem(tmp_path / "scan.py", "(x)\nreturn torch.cumsum(x, 1)", "[torch.rand(2, 4096)]")
    tuned_run(problem, tmp_path, "--tune", "full")
    [entry] = entries(tmp_path)
    wrong = entry["schedule"].replace("precision=float64", "precision=ieee")
    stale = {**entry, "schedule": "scan lanes=3", "signature": "0" * 64}
    assert wrong != entry["schedule"]
    (tmp_path / ".fuse/tuning.jsonl").write_text("".join(json.dumps(one) + "\n" for one in ({**entry, "schedule": wrong}, stale)) + "{half")
    run = tuned_run(problem, tmp_path, "--tune", "quick")
    judged = events(run, "candidate_judged")
    assert judged[0]["schedule"] == wrong and judged[0]["verdict"] == "wrong"
    [chosen] = events(run, "kernel_chosen")
    assert "precision=float64" in chosen["schedule"]
    known = json.loads(call("tune", "--json", cwd=tmp_path).stdout)["entries"]
    assert chosen["schedule"] in [one["schedule"] for one in known] and wrong not in [one["schedule"] for one in known]


def test_killed_while_tuning(square, tmp_path):
    process = start("run", square, *QUICK, "--tune", "full", "--jobs", "1", cwd=tmp_path, start_new_session=True)
    judged = []
    while len(judged) < 2 and process.poll() is None:
        time.sleep(0.1)
        runs = list((tmp_path / ".fuse").glob("run_*/events.jsonl"))
        judged = events(runs[0].parent, "candidate_judged") if runs else []
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    done = call("run", "--resume", "last", *QUICK, "--tune", "full", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    run = tmp_path / json.loads(done.stdout)["directory"]
    schedules = [event["schedule"] for event in events(run, "candidate_judged")]
    assert len(schedules) == len(set(schedules)), "no candidate is judged twice"
    [tuned] = events(run, "subgraph_tuned")
    assert tuned["how"] == "timed" and tuned["judged"] == tuned["timed"] == 4
    assert [entry["schedule"] for entry in entries(tmp_path)] == [tuned["schedule"]]
