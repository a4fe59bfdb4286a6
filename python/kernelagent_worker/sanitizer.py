"""compute-sanitizer around a process of its own: it must see the process it checks from its start, so none of the zygote's forks.

A child of a role that is called like one of the tool's checks isolates itself like any other. Then it becomes the tool, which
starts a fresh Python for the role. The tool's report goes to a socket: unlike a file or a pipe, nobody can open that through
/proc, and the fresh Python lets go of it before it does anything else.
"""

from __future__ import annotations

import os
import sys

from kernelagent_worker import child

CHECKS = {
    "memcheck": ("--padding", "512", "--report-api-errors", "no"),
    "racecheck": (),
}
PROGRAM = "KERNELAGENT_COMPUTE_SANITIZER"  # the variable that names it

_ALWAYS = ("--print-limit", "10", "--show-backtrace", "no", "--require-cuda-init", "no")
_LONGEST = 1 << 18  # bytes of a report


def become(role):
    """Replaces this process by the tool."""
    os.environ["PYTORCH_NO_CUDA_MEMORY_CACHING"] = "1"  # an allocation each, whose bounds the tool knows
    os.set_inheritable(child.LINE, True)
    program = os.environ[PROGRAM]
    worker = (sys.executable, "-m", "kernelagent_worker", "--checked", role)
    os.execv(program, (program, "--tool", role, *CHECKS[role], *_ALWAYS, *worker))


def serve(role):
    """In the fresh process: answers requests. Never returns."""
    child.run(role, "kernelagent_worker.checked", _let_go)


def _let_go():
    """Nothing here may write to the report, least of all what will be loaded."""
    os.dup2(2, 1)
    os.set_inheritable(child.LINE, False)
    child.write_whole_lines()


class Report:
    """The zygote's end of the socket that a tool writes to."""

    def __init__(self, connection):
        self.connection = connection
        self.connection.setblocking(False)
        self.data = bytearray()

    def fileno(self):
        return self.connection.fileno()

    def read(self):
        """Takes what has arrived; the start of a report that is too long is enough. Returns False at its end."""
        try:
            while arrived := self.connection.recv(1 << 16):
                self.data += arrived[:max(0, _LONGEST - len(self.data))]
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False

    def text(self):
        return self.data.decode("utf-8", "replace")
