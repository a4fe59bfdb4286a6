"""Kills at random moments: of agents' runs, of what runs below a run, of the server above it; together more than 200.

KERNELAGENT_RECORD names a folder whose kills.json keeps the counts."""

import collections

import pytest
from kills import DAMAGE, kill_runs, kill_servers, kill_workers
from record import write_record

CASES = ([("main process", kill_runs, 100 + seed, 8, 0.8) for seed in range(20)]
         + [("worker", kill_workers, 300 + seed, 5, 5) for seed in range(10)]
         + [("server", kill_servers, 500 + seed, 10, 3) for seed in range(3)])


@pytest.fixture(scope="module")
def tolls():
    tolls = collections.defaultdict(collections.Counter)
    yield tolls
    names = ("runs", "kills", "resumed", "calls_cut_short", *DAMAGE, "failed")
    counts = {target: {name: toll[name] for name in (*names, *sorted(set(toll) - {*names}))} for target, toll in tolls.items()}
    write_record("kills.json", counts)


@pytest.mark.parametrize("target, kill, seed, kills, within", CASES)
def test_killed_at_random_moments(target, kill, seed, kills, within, tmp_path, monkeypatch, tolls):
    monkeypatch.setenv("SCRIPT", "")
    monkeypatch.setenv("CALLS", "")
    tolls[target].update(failed=1)
    toll = kill(tmp_path, seed, kills, within)
    tolls[target].update(toll)
    assert toll["kills"] >= kills and not any(toll[name] for name in DAMAGE), toll
    tolls[target]["failed"] -= 1
