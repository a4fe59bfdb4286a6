"""Starts a real zygote for tests and speaks its protocol, with a role made for tests in place of `trace`."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

WORKER_PATH = os.path.join(os.path.dirname(__file__), "..", "..", "python")
sys.path.insert(0, WORKER_PATH)

from kernelagent_worker.protocol import Line  # noqa: E402

_START = "import sys; from kernelagent_worker import zygote; zygote.ROLES['trace'] = 'zygote_role'; sys.exit(zygote.run({fd}))"


class Session:
    """A child's line and what the zygote said about it."""

    def __init__(self, driver, identity, line, pid):
        self.driver, self.identity, self.line, self.pid = driver, identity, line, pid

    def send(self, request, **fields):
        self.line.send({"id": 1, "request": request, **fields})

    def call(self, request, **fields):
        self.send(request, **fields)
        return self.line.receive()

    def ended(self):
        """Waits for the zygote's `exited` event of this child."""
        return self.driver.event("exited", self.identity)


class Driver:
    """One zygote process."""

    def __init__(self, environment=None, start=_START):
        ours, theirs = socket.socketpair()
        code = start.format(fd=theirs.fileno())
        path = os.pathsep.join([WORKER_PATH, os.path.dirname(__file__)])
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": path, **(environment or {})})
        theirs.close()
        ours.settimeout(120)
        self.line = Line(ours)
        self.pending = []
        self.next_identity = 1
        self.ready = self.line.receive()

    def event(self, name, identity=None):
        for message in self.pending:
            if message["event"] == name and message.get("id") == identity:
                self.pending.remove(message)
                return message
        while True:
            message = self.line.receive()
            assert message is not None, f"the zygote ended before {name}"
            if message["event"] == name and message.get("id") == identity:
                return message
            self.pending.append(message)

    def fork(self, role="trace", **limits):
        identity = self.next_identity
        self.next_identity += 1
        ours, theirs = socket.socketpair()
        ours.settimeout(120)
        self.line.send({"request": "fork", "id": identity, "role": role, "limits": limits}, [theirs.fileno()])
        theirs.close()
        return Session(self, identity, Line(ours), self.event("forked", identity)["pid"])

    def close(self):
        self.line.close()
        try:
            self.process.wait(20)
        finally:
            self.process.kill()


def wait_until(condition, seconds=20):
    """Polls until `condition()` is true; returns whether it became so."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def alive(pid):
    """True for a process that exists and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
