"""Kills an agent's run at random moments and resumes it, until it ends: what both kill tests share."""

import ast
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
