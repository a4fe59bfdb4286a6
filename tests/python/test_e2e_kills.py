"""kill -9 at random moments of an agent's run: it ends as if nothing had happened (test_e2e_kills_long.py: 200 times)."""

from kills import DAMAGE, kill_runs


def test_killed_at_random_moments(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRIPT", "")
    monkeypatch.setenv("CALLS", "")
    toll = kill_runs(tmp_path, seed=1, kills=6, share=0.8)
    assert toll["kills"] == 6 and not any(toll[name] for name in DAMAGE), toll
