"""Kills processes at random moments of a run and resumes it, until it ends: what both kill tests share. Each kind of kill returns a Counter:
`runs`, `kills` that met a living process, starts that `resumed` a run, in which phase they were (`in trace`, …), calls of a model that were `calls_cut_short`, and DAMAGE."""

import ast
import collections
import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import time

from e2e import MODEL, ROOT, call, start, write_problem
from test_ui_server import serving

REPLIES = 4  # that the script `learns` takes
DAMAGE = ("replies_paid_twice", "orphans", "half_files")  # what no kill may do
PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Makes this process the parent of whatever a killed process leaves behind."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def reap_orphans(seconds=30):
    """Waits for everything that was left behind to end; returns what did not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            while os.waitpid(-1, os.WNOHANG)[0] != 0:
                pass
        except ChildProcessError:
            return []
        time.sleep(0.05)
    return subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "pid=,args="], capture_output=True, text=True).stdout.splitlines()


def half_files(run):
    """Lists the files of a run that are not whole; only the last line of a log may be cut short."""
    readers = {".json": json.loads, ".py": ast.parse, ".jsonl": lambda text: [json.loads(line) for line in text.split("\n")[:-1]]}
    half = []
    for path in run.rglob("*"):
        try:
            if path.suffix in readers and path.is_file():
                readers[path.suffix](path.read_text())
        except (ValueError, SyntaxError) as error:
            half.append(f"{path}: {error}")
    return half


def descendants(pid):
    """Lists the processes below a process: bubblewrap, zygotes, workers, programs that are models."""
    rows = [line.split() for line in subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True).stdout.splitlines()]
    found, open_ = [], [pid]
    while open_:
        parent = open_.pop()
        below = [int(child) for child, above in rows if int(above) == parent]
        found += below
        open_ += below
    return found


def look_for_damage(toll, *runs):
    """Counts what was left behind and what is broken; prints each."""
    for name, found in {"orphans": reap_orphans(), "half_files": [line for run in runs for line in half_files(run)]}.items():
        toll[name] += len(found)
        for line in found:
            print(f"{name}: {line}")


def is_accepted(process, out, *_):
    return process.returncode == 0 and json.loads(out)["status"] == "accepted"


def write_angle(folder):
    """A problem that takes a model: the script `learns` answers it with its last reply."""
    os.environ["SCRIPT"], os.environ["CALLS"] = str(ROOT / "tests/agent/learns"), str(folder / "calls")
    return write_problem(folder / "angle.py", "(x)\nreturn torch.angle(torch.relu(x) - 0.5) * 2", "[torch.rand(5, 37)]")


def asked(folder):
    """Lists which reply the model was asked for, call by call."""
    calls = folder / "calls"
    return [int(turn) for turn in calls.read_text().split()] if calls.exists() else []


def phase_of(runs):
    """Says which phase the newest line of a run's events is in."""
    started = [json.loads(line)["phase"] for path in runs.glob("run_*/events.jsonl") for line in path.read_text().splitlines() if '"phase_started"' in line]
    return started[-1] if started else "start"


def kill_run(folder, chance, toll, kills, longest):
    """One run of a model, its main process killed after up to `longest` seconds and resumed, until it ends or `kills` are done."""
    folder.mkdir()
    problem, runs = write_angle(folder), folder / ".fuse"

    def words():
        whole = [path.parent for path in runs.glob("run_*/run.json")]
        assert len(whole) <= 1
        toll["resumed"] += len(whole)
        return (*(("run", "--resume", whole[0].name) if whole else ("run", problem, "--model", MODEL, "--seeds", "1")), "--no-cache", "--json")

    done, before = None, toll.copy()
    while done is None:
        stored, calls = len(list(runs.glob("run_*/llm_calls/*.json"))), len(asked(folder))
        process = start(*words(), cwd=folder)
        try:
            done = process.communicate(timeout=chance.uniform(0, longest) if toll["kills"] < kills else 600)
        except subprocess.TimeoutExpired:
            toll["kills"] += 1
            process.kill()
            process.communicate()
            toll["in " + phase_of(runs)] += 1
        toll["replies_paid_twice"] += sum(turn <= stored for turn in asked(folder)[calls:])
        look_for_damage(toll, *runs.glob("run_*"))
    assert is_accepted(process, *done), done
    run = next(runs.glob("run_*/run.json")).parent
    assert "angle_kernel" in next(run.glob("kernels_out/*angle/kernel.py")).read_text()
    assert len(list((run / "llm_calls").glob("*.json"))) == REPLIES, "a reply is stored once"
    toll["calls_cut_short"] += len(asked(folder)) - REPLIES - (toll["replies_paid_twice"] - before["replies_paid_twice"])
    assert toll["calls_cut_short"] - before["calls_cut_short"] <= toll["kills"] - before["kills"], "a kill meets at most one call"


def kill_runs(folder, seed, kills, share):
    """Runs of a model, one after the other, until so many kills have met one, each within `share` of the time that a run takes here."""
    adopt_orphans()
    chance, toll = random.Random(seed), collections.Counter()
    began = time.monotonic()
    kill_run(folder / "whole", chance, toll, 0, 0)
    whole = time.monotonic() - began
    while toll["kills"] < kills:
        toll["runs"] += 1
        kill_run(folder / f"run_{toll['runs']}", chance, toll, kills, share * whole)
    return toll


def kill_workers(folder, seed, kills, longest):
    """Runs, one after the other, each with one process below it killed after up to `longest` seconds, until so many kills have met one. None
    hangs, and resuming ends as if nothing had happened."""
    adopt_orphans()
    chance, toll = random.Random(seed), collections.Counter()
    problem = write_problem(folder / "relu.py", "(x)\nreturn torch.softmax(torch.relu(x) - 0.5, 1) * 2", "[torch.rand(5, 37)]")
    while toll["kills"] < kills:
        toll["runs"] += 1
        runs = folder / f"runs_{toll['runs']}"
        process = start("run", problem, "--no-cache", "--runs", runs, "--json", cwd=folder)
        time.sleep(chance.uniform(0, longest))
        below = descendants(process.pid)
        if below and process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(below), signal.SIGKILL)
                toll["kills"] += 1
        out, err = process.communicate(timeout=300)
        # A candidate that dies is a bad candidate, a judge's process that dies an error; neither is a bug of ours.
        assert process.returncode in (0, 1, 2, 3), out + err
        run = next(runs.glob("run_*"))
        look_for_damage(toll, run)
        if process.returncode != 0:
            toll["resumed"] += 1
            done = call("run", "--resume", run.name, "--runs", runs, "--no-cache", "--json", cwd=folder)
            assert is_accepted(done, done.stdout), done.stdout + done.stderr
            look_for_damage(toll, run)
    return toll


def kill_servers(folder, seed, kills, longest):
    """A server that is killed and started again while runs of a model wait, begin and go on: they end as if nothing had happened."""
    adopt_orphans()
    chance, toll, runs = random.Random(seed), collections.Counter(), []
    order = {"text": write_angle(folder).read_text(), "name": "angle.py", "settings": {"seeds": "1", "cache": "no"}}
    for kill in range(kills):
        with serving(folder, "--model", MODEL) as server:
            if kill % 3 == 0:
                toll["runs"] += 1
                runs.append(server.ask("POST", "/api/v1/runs", order)[1]["run"])
            time.sleep(chance.uniform(0, longest))
            server.end(signal.SIGKILL)
            toll["kills"] += 1
    with serving(folder, "--model", MODEL) as server:
        assert server.ask("GET", "/api/v1/runs")[1]["total"] == len(runs)
        for run in runs:
            assert server.wait(run, "accepted")["status"] == "accepted"
        assert server.end() == 0
    toll["resumed"] += kills
    toll["replies_paid_twice"] += len(asked(folder)) - REPLIES * len(runs)
    look_for_damage(toll, *(folder / ".fuse" / run for run in runs))
    return toll
