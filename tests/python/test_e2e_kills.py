"""kill -9 at random moments of an agent's run: it ends as if nothing had happened (test_e2e_kills_long.py: 200 times)."""

from kills import kill_and_resume


def test_killed_at_random_moments(tmp_path, monkeypatch):
    monkeypatch.setenv("SCRIPT", "")
    monkeypatch.setenv("CALLS", "")
    met, kernel = kill_and_resume(tmp_path, seed=1, kills=10, longest=5)
    assert met >= 5 and "angle_kernel" in kernel
