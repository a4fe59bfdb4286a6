"""A role for the zygote's tests: does what a request says, including the worst."""

import contextlib
import io
import os
import signal
import subprocess
import sys
import time

from kernelagent_worker.protocol import Failure


def warm():
    os.environ["ZYGOTE_ROLE_WARMED"] = str(os.getpid())


class Role:
    def handle(self, request):
        return getattr(self, request["request"])(**{k: v for k, v in request.items() if k not in ("id", "request")})

    def echo(self, value):
        return {"value": value}

    def facts(self):
        import torch
        return {"pid": os.getpid(), "group": os.getpgid(0), "parent": os.getppid(), "directory": os.getcwd(),
                "temporary": os.environ["TMPDIR"], "threads": torch.get_num_threads(),
                "warmed": os.environ.get("ZYGOTE_ROLE_WARMED"),
                "open": _descriptors()}

    def fail(self, kind, message):
        print("printed before failing")
        raise Failure(kind, message, line=3, file="x.py")

    def crash(self):
        raise KeyError("missing")

    def leave(self, code):
        print("last words")
        sys.stdout.flush()
        os._exit(code)

    def quit(self):
        sys.exit(5)

    def die(self, number):
        os.kill(os.getpid(), number)

    def sleep(self, seconds):
        time.sleep(seconds)
        return {}

    def execute(self, source):
        """Runs any code and returns what it printed."""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(source, {"__name__": "executed"})
        return {"printed": printed.getvalue()}

    def spawn(self, own_session=False):
        process = subprocess.Popen(["sleep", "100"], start_new_session=own_session)
        return {"pid": process.pid}

    def eat(self, megabytes):
        hoard = []
        for _ in range(megabytes):
            hoard.append(bytearray(os.urandom(1) * (1 << 20)))
            time.sleep(0.001)
        return {"held": len(hoard)}

    def eat_quickly(self, megabytes):
        return {"held": len(bytearray(megabytes << 20))}

    def burn(self):
        while True:
            pass

    def matmul(self):
        import torch
        x = torch.ones(512, 512)
        return {"value": float((x @ x)[0, 0])}

    def bad_reply(self):
        return {"value": object()}

    def ignore_signals(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        time.sleep(100)


def _descriptors():
    found = {}
    for number in os.listdir("/proc/self/fd"):
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            pass  # the listing's own, closed by now
    return found
