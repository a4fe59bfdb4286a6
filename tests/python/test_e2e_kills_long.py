"""200 kills of agents' runs, ten to a run."""

import pytest
from kills import kill_and_resume


@pytest.mark.parametrize("seed", range(20))
def test_killed_at_random_moments(seed, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRIPT", "")
    monkeypatch.setenv("CALLS", "")
    _, kernel = kill_and_resume(tmp_path, seed=100 + seed, kills=10, longest=1 + seed / 2)
    assert "angle_kernel" in kernel
