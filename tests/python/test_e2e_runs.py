"""Runs that are killed, interrupted, resumed and repeated: finished work is kept, and only that."""

import json
import os
import pathlib
import signal
import time

import pytest
from e2e import ROOT, call, run_problem, start

EXAMPLE = ROOT / "examples/gelu_mlp.py"


def events(run):
    lines = (run / "events.jsonl").read_text().splitlines() if (run / "events.jsonl").exists() else []
    return [json.loads(line) for line in lines if line.endswith("}")]


def only_run(folder):
    runs = sorted((folder / ".fuse").glob("run_*"))
    assert len(runs) == 1
    return runs[0]


def wait_for(process, folder, wanted, timeout=240):
    """Waits until a run has told an event that `wanted` says yes to."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for run in (folder / ".fuse").glob("run_*"):
            if any(wanted(event) for event in events(run)):
                return run
        if process.poll() is not None:
            pytest.fail(f"the run ended: {process.communicate()}")
        time.sleep(0.01)
    pytest.fail("the event did not come")


POINTS = {
    "at_the_start": lambda event: event["event"] == "run_started",
    "while_planning": lambda event: event["event"] == "phase_started" and event["phase"] == "plan",
    "after_a_kernel": lambda event: event["event"] == "kernel_chosen",
    "while_judging": lambda event: event["event"] == "phase_started" and event["phase"] == "judge",
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_and_resumed(point, tmp_path):
    process = start("run", EXAMPLE, "--no-cache", cwd=tmp_path)
    run = wait_for(process, tmp_path, POINTS[point])
    process.kill()
    process.communicate()
    before = events(run)
    chosen = {event["subgraph"] for event in before if event["event"] == "kernel_chosen"}
    assert not any(event["event"] == "run_finished" for event in before)
    shown = call("show", run.name, cwd=tmp_path)
    assert "--resume" in shown.stdout

    done = call("run", "--resume", run.name, "--no-cache", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    after = events(run)[len(before):]
    kept = {event["subgraph"] for event in after if event["event"] == "kernel_chosen" and event["how"] == "kept"}
    assert kept == chosen
    assert only_run(tmp_path) == run
    assert (run / "compose_out/composed_kernel.py").exists()


def test_finished_run_is_not_done_again(tmp_path):
    outcome, done = run_problem(EXAMPLE, tmp_path)
    assert outcome["status"] == "accepted", done.stderr
    run = pathlib.Path(tmp_path / outcome["directory"])
    artifacts = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name not in ("events.jsonl", "lock")}
    again = call("run", "--resume", outcome["run"], cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "candidate_judged" not in {event["event"] for event in events(run)[-8:]}
    assert {path: path.read_bytes() for path in artifacts} == artifacts


def test_damaged_artifact_is_made_again(tmp_path):
    outcome, done = run_problem(EXAMPLE, tmp_path)
    run = pathlib.Path(tmp_path / outcome["directory"])
    kernel = next((run / "kernels_out").glob("*/kernel.json"))
    kernel.write_text(kernel.read_text()[:100])
    again = call("run", "--resume", "last", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    json.loads(kernel.read_text())


def test_cache_skips_writing_but_not_the_last_judgement(tmp_path):
    first, done = run_problem(EXAMPLE, tmp_path)
    assert first["status"] == "accepted", done.stderr
    second, _ = run_problem(EXAMPLE, tmp_path)
    third, _ = run_problem(EXAMPLE, tmp_path, "--no-cache")
    told = [events(pathlib.Path(tmp_path / outcome["directory"])) for outcome in (second, third)]
    assert {event["how"] for event in told[0] if event["event"] == "kernel_chosen"} == {"cached"}
    assert {event["how"] for event in told[1] if event["event"] == "kernel_chosen"} == {"judged"}
    assert all(any(event["event"] == "program_judged" for event in run) for run in told)
    programs = [(tmp_path / outcome["directory"] / "compose_out/composed_kernel.py").read_bytes() for outcome in (first, second, third)]
    assert programs[0] == programs[1] == programs[2]


def test_kernels_are_left_to_the_programs_judgement(tmp_path):
    outcome, done = run_problem(EXAMPLE, tmp_path, "--judge-first", "program")
    assert outcome["status"] == "accepted", done.stderr
    run = pathlib.Path(tmp_path / outcome["directory"])
    told = events(run)
    assert {event["how"] for event in told if event["event"] == "kernel_chosen"} == {"unjudged"}
    assert not any(event["event"] == "candidate_judged" for event in told)
    assert [row["judged"] for row in json.loads((run / "kernels_out/summary.json").read_text())] == [False, False]
    assert not list((run / "kernels_out").glob("*/verdict.json"))
    # Whoever wants the kernels judged after all gets the same ones.
    texts = {path: path.read_bytes() for path in (run / "kernels_out").glob("*/kernel.py")}
    again = call("run", "--resume", outcome["run"], "--judge-first", "kernels", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert {event["how"] for event in events(run)[len(told):] if event["event"] == "kernel_chosen"} <= {"judged", "cached"}
    assert {path: path.read_bytes() for path in texts} == texts


def test_interrupted_and_resumed(tmp_path):
    process = start("run", EXAMPLE, cwd=tmp_path)
    run = wait_for(process, tmp_path, lambda event: event["event"] == "phase_started" and event["phase"] == "write")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert f"kernelagent run --resume {run.name}" in out
    assert events(run)[-1]["status"] == "interrupted"
    done = call("run", "--resume", run.name, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_two_processes_cannot_share_a_run(tmp_path):
    process = start("run", EXAMPLE, cwd=tmp_path)
    run = wait_for(process, tmp_path, lambda event: event["event"] == "run_started")
    second = call("run", "--resume", run.name, cwd=tmp_path)
    process.communicate(timeout=300)
    assert second.returncode == 2
    assert "another process works on this run" in second.stderr


def test_changed_problem_needs_a_new_run(tmp_path):
    problem = tmp_path / "problem.py"
    problem.write_text(EXAMPLE.read_text())
    outcome, done = run_problem(problem, tmp_path)
    assert outcome["status"] == "accepted", done.stderr
    problem.write_text(problem.read_text().replace("F.gelu", "F.relu"))
    again = call("run", "--resume", "last", cwd=tmp_path)
    assert again.returncode == 2
    assert "the problem has changed" in again.stderr


def test_index_can_be_lost(tmp_path):
    outcome, _ = run_problem(EXAMPLE, tmp_path)
    for path in (tmp_path / ".fuse").glob("index.sqlite*"):
        os.remove(path)
    listed = json.loads(call("runs", "--json", cwd=tmp_path).stdout)
    assert [(row["id"], row["status"]) for row in listed] == [(outcome["run"], "accepted")]
    (tmp_path / ".fuse/index.sqlite").write_bytes(b"this is no database" * 100)
    outcome, done = run_problem(EXAMPLE, tmp_path)
    assert outcome["status"] == "accepted", done.stderr
