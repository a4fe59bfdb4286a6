"""200 kills of agents' runs, ten to a run; kills of what runs below a run, and of the server above it."""

import random
import signal
import time

import pytest
from kills import kill_and_resume, kill_workers
from test_ui_server import RELU, serving


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_random_moments(seed, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRIPT", "")
    monkeypatch.setenv("CALLS", "")
    _, kernel = kill_and_resume(tmp_path, seed=100 + seed, kills=10, longest=1 + seed / 2)
    assert "angle_kernel" in kernel


@pytest.mark.parametrize("seed", range(4))
def test_workers_killed_at_random_moments(seed, tmp_path):
    assert kill_workers(tmp_path, seed=300 + seed, kills=5, longest=6) >= 3


def test_a_server_killed_at_random_moments_hurts_no_run(tmp_path):
    chance, runs = random.Random(7), []
    for number in range(8):
        with serving(tmp_path) as server:
            if number % 2 == 0:
                runs.append(server.ask("POST", "/api/v1/runs", {"text": RELU, "settings": {"effort": "quick"}})[1]["run"])
            time.sleep(chance.uniform(0, 3))
            server.end(signal.SIGKILL)
    with serving(tmp_path) as server:
        assert server.ask("GET", "/api/v1/runs")[1]["total"] == len(runs)
        for run in runs:
            assert server.wait(run, "accepted")["status"] == "accepted"
