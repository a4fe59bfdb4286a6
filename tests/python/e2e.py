"""What the end-to-end tests share: the binary, and running it on problems that a test writes."""

import json
import os
import pathlib
import subprocess
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KERNELAGENT_BIN", ROOT / "build/release/kernelagent"))
SETTINGS = ("KERNELAGENT_", "NUM_KERNEL_SEEDS", "MAX_REFINEMENT_ROUNDS", "LOG_LEVEL", "OPENAI_MODEL")

MODEL = f"command/{ROOT}/tests/agent/scripted_model.py"
KEY = "sk-planted-0123456789abcdef"

HEAD = """
import torch
import torch.nn as nn
import torch.nn.functional as F
"""


def environment():
    kept = {key: value for key, value in os.environ.items() if not key.startswith(SETTINGS)}
    return {**kept, "KERNELAGENT_PYTHON": sys.executable, "KERNELAGENT_PLATFORM": "cpu", "KERNELAGENT_JUDGE_SEED": "1001"}


def start(*words, cwd, **options):
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not built")
    return subprocess.Popen([BINARY, *map(str, words)], cwd=cwd, env=environment(), text=True, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, **options)


def call(*words, cwd, timeout=600):
    process = start(*words, cwd=cwd)
    try:
        out, err = process.communicate(timeout=timeout)
    finally:
        process.kill()
    return subprocess.CompletedProcess(words, process.returncode, out, err)


def write_problem(path, forward, inputs, constructor="pass", init_inputs="[]"):
    """Writes a problem file from the body of forward(self, *inputs) and an expression for get_inputs()'s list."""
    names = [name.strip() for name in forward.split("\n", 1)[0].strip().strip("()").split(",")]
    body = textwrap.indent(textwrap.dedent(forward.split("\n", 1)[1]), " " * 8)
    text = f"""{HEAD}

class Model(nn.Module):
    def __init__(self, *sizes):
        super().__init__()
{textwrap.indent(textwrap.dedent(constructor), ' ' * 8)}

    def forward(self, {', '.join(names)}):
{body}

def get_inputs():
    return {inputs}


def get_init_inputs():
    return {init_inputs}
"""
    path.write_text(text)
    return path


def run_problem(path, cwd, *words, timeout=600):
    """Runs a problem; returns the outcome (None where there is none) and the finished process."""
    done = call("run", path, "--json", *words, cwd=cwd, timeout=timeout)
    outcome = json.loads(done.stdout) if done.stdout.strip() else None
    return outcome, done


def run_problems(paths, cwd, *words, timeout=1800):
    """Runs several problems in one process, which imports PyTorch once; returns their outcomes by name, and the finished process."""
    done = call("run", *paths, "--json", *words, cwd=cwd, timeout=timeout)
    outcomes, rest = [], done.stdout.strip()
    while rest:
        outcome, end = json.JSONDecoder().raw_decode(rest)
        outcomes.append(outcome)
        rest = rest[end:].strip()
    return {path.stem: outcome for path, outcome in zip(paths, outcomes)}, done


@pytest.fixture
def script(tmp_path, monkeypatch):
    """Chooses the script that the model (MODEL) follows; returns how often it was asked. No key may be left in any file."""
    calls = tmp_path / "calls"
    monkeypatch.setenv("CALLS", str(calls))
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, KEY)

    def choose(name):
        monkeypatch.setenv("SCRIPT", str(ROOT / "tests/agent" / name))
        return lambda: len(calls.read_text().split()) if calls.exists() else 0
    yield choose
    found = subprocess.run(["grep", "-rl", KEY, tmp_path], capture_output=True, text=True)
    assert found.stdout == "", "a key is in an artifact"


def events(folder, name):
    """Lists a run's events of one name."""
    lines = (folder / "events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == name]
