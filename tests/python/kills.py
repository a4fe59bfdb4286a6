"""Kills an agent's run at random moments and resumes it, until it ends: what both kill tests share."""

import ast
import contextlib
import ctypes
import json
import os
import random
import signal
import subprocess
import time

from e2e import MODEL, ROOT, call, start, write_problem

REPLIES = 4  # that the script `learns` takes
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


def check_files(run):
    """Every file is whole; only the last line of a log may be cut short."""
    for path in run.rglob("*"):
        if path.suffix == ".json":
            json.loads(path.read_text())
        if path.suffix == ".py":
            ast.parse(path.read_text())
        if path.suffix == ".jsonl":
            for line in path.read_text().split("\n")[:-1]:
                json.loads(line)


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


def kill_workers(folder, seed, kills, longest):
    """One run after the other, each with one process below it killed after up to `longest` seconds. None hangs, none leaves a process or
    half a file, and resuming ends as if nothing had happened; returns how many kills met a process."""
    adopt_orphans()
    chance = random.Random(seed)
    problem = write_problem(folder / "relu.py", "(x)\nreturn torch.softmax(torch.relu(x) - 0.5, 1) * 2", "[torch.rand(5, 37)]")
    met = 0
    for kill in range(kills):
        runs = folder / f"runs_{kill}"
        process = start("run", problem, "--no-cache", "--runs", runs, "--json", cwd=folder)
        time.sleep(chance.uniform(0, longest))
        below = descendants(process.pid)
        if below and process.poll() is None:
            met += 1
            with contextlib.suppress(ProcessLookupError):
                os.kill(chance.choice(below), signal.SIGKILL)
        out, err = process.communicate(timeout=300)
        # A candidate that dies is a bad candidate, a judge's process that dies an error; neither is a bug of ours.
        assert process.returncode in (0, 1, 2, 3), out + err
        assert reap_orphans() == []
        run = next(runs.glob("run_*"))
        check_files(run)
        if process.returncode != 0:
            done = call("run", "--resume", run.name, "--runs", runs, "--no-cache", "--json", cwd=folder)
            assert done.returncode == 0 and json.loads(done.stdout)["status"] == "accepted", done.stdout + done.stderr
    return met


def kill_and_resume(folder, seed, kills, longest):
    """One run, killed `kills` times, each after up to `longest` seconds; returns how many of the kills met a living process."""
    adopt_orphans()
    chance = random.Random(seed)
    problem = write_problem(folder / "angle.py", "(x)\nreturn torch.angle(torch.relu(x) - 0.5) * 2", "[torch.rand(5, 37)]")
    os.environ["SCRIPT"], os.environ["CALLS"] = str(ROOT / "tests/agent/learns"), str(folder / "calls")
    met = 0
    for _ in range(kills):
        runs = list((folder / ".fuse").glob("run_*"))
        whole = [run for run in runs if (run / "run.json").exists()]
        words = ("run", "--resume", whole[0].name) if whole else ("run", problem, "--model", MODEL, "--seeds", "1")
        process = start(*words, "--no-cache", cwd=folder)
        time.sleep(chance.uniform(0, longest))
        met += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert reap_orphans() == []
        for run in runs:
            check_files(run)
    whole = [run for run in (folder / ".fuse").glob("run_*") if (run / "run.json").exists()]
    assert len(whole) <= 1
    words = ("run", "--resume", whole[0].name) if whole else ("run", problem, "--model", MODEL, "--seeds", "1")
    done = call(*words, "--no-cache", "--json", cwd=folder)
    assert done.returncode == 0 and json.loads(done.stdout)["status"] == "accepted", done.stdout + done.stderr
    assert reap_orphans() == []
    run = whole[0] if whole else next((folder / ".fuse").glob("run_*"))
    check_files(run)
    kernel = next(run.glob("kernels_out/*angle/kernel.py")).read_text()
    stored = [json.loads(path.read_text()) for path in sorted((run / "llm_calls").glob("*.json"))]
    assert len(stored) == REPLIES, "a reply is stored once"
    asked = len((folder / "calls").read_text().split())
    assert asked <= REPLIES + met, "a reply that came was asked for again"  # a kill may meet one call whose reply has not come
    return met, kernel
