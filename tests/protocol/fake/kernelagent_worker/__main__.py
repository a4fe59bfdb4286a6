"""A zygote without torch, for the C++ pool's tests: it speaks docs/PROTOCOL.md and misbehaves on demand.

FAKE_ZYGOTE chooses how the zygote behaves, a request's name how its child does.
"""

import argparse
import json
import os
import selectors
import signal
import socket
import sys
import time

MODE = os.environ.get("FAKE_ZYGOTE", "normal")


def encode(message):
    return json.dumps(message).encode() + b"\n"


def once(name):
    """Says whether this is the first call with this name in the test's shared folder."""
    try:
        os.close(os.open(os.path.join(os.environ["FAKE_FOLDER"], name), os.O_CREAT | os.O_EXCL))
        return True
    except FileExistsError:
        return False


def die(number):
    os.kill(os.getpid(), number)
    time.sleep(60)


# --- The child ---

def answer(line, message):
    identity, request = message["id"], message["request"]
    good = {"id": identity, "ok": True}
    if request == "echo":
        line.sendall(encode({**good, "echo": message.get("value"), "pid": os.getpid()}))
    elif request == "environment":
        line.sendall(encode({**good, "environment": dict(os.environ), "open": sorted(map(int, os.listdir("/proc/self/fd")))}))
    elif request == "fail":
        error = {"kind": "raised", "message": "TypeError: no", "line": 12, "file": "problem.py"}
        line.sendall(encode({"id": identity, "ok": False, "error": error}))
    elif request == "no_id":
        line.sendall(encode({"id": None, "ok": False, "error": {"kind": "bad_request", "message": "what?"}}))
    elif request == "sleep":
        time.sleep(message["seconds"])
        line.sendall(encode(good))
    elif request == "stray":
        line.sendall(encode({"id": identity - 1, "ok": True, "late": True}) + encode({"id": 999, "ok": True}) + encode({**good, "right": True}))
    elif request == "exit":
        print("last words")
        sys.stdout.flush()
        os._exit(message["status"])
    elif request == "signal":
        die(message["number"])
    elif request == "half":
        line.sendall(encode(good)[:9])
        os._exit(0)
    elif request == "garbage":
        line.sendall(b"\x80\x04not json\n")
        time.sleep(60)
    elif request == "array":
        line.sendall(b"[1,2]\n")
        time.sleep(60)
    elif request == "deep":
        line.sendall(b'{"id":1,"a":' + b"[" * 100000 + b"\n")
        time.sleep(60)
    elif request == "giant":
        while True:
            line.sendall(b"x" * (1 << 20))
    elif request == "large":
        line.sendall(encode({**good, "text": "x" * message["size"]}))
    elif request == "flood":
        while True:
            line.sendall(encode({"id": 999, "ok": True}) * 1000)
    elif request == "hang_up":
        line.shutdown(socket.SHUT_RDWR)
        time.sleep(60)
    elif request == "kill_zygote":
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)


def serve_child(line):
    buffer = b""
    while True:
        while b"\n" in buffer:
            text, _, buffer = buffer.partition(b"\n")
            answer(line, json.loads(text))
        data = line.recv(1 << 20)
        if not data:
            return
        buffer += data


# --- The zygote ---

class Zygote:
    def __init__(self, line):
        self.line, self.children, self.buffer, self.descriptors = line, {}, b"", []

    def serve(self):
        reader, writer = socket.socketpair()
        for end in (reader, writer):
            end.setblocking(False)
        signal.set_wakeup_fd(writer.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        selector = selectors.DefaultSelector()
        selector.register(self.line, selectors.EVENT_READ, self.requests)
        selector.register(reader, selectors.EVENT_READ, lambda: reader.recv(4096) and self.reap())
        while True:
            for key, _ in selector.select():
                key.data()

    def requests(self):
        data, descriptors, _, _ = socket.recv_fds(self.line, 1 << 16, 8)
        self.descriptors += descriptors
        if not data:
            self.stop()
        self.buffer += data
        while b"\n" in self.buffer:
            text, _, self.buffer = self.buffer.partition(b"\n")
            message = json.loads(text)
            getattr(self, message["request"])(message)

    def fork(self, message):
        if MODE == "mute":
            return
        if MODE == "die_at_fork" or (MODE == "die_at_fork_once" and once("died_at_fork")):
            die(signal.SIGKILL)
        if MODE == "half_at_fork":
            self.line.sendall(b'{"event":"forked","id"')
            os._exit(5)
        descriptor = self.descriptors.pop(0)
        if MODE == "refuse":
            os.close(descriptor)
            self.line.sendall(encode({"event": "refused", "id": message["id"], "message": "not today"}))
            return
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            os.setpgid(0, 0)
            import ctypes
            ctypes.CDLL(None).prctl(1, 9)  # dies with the zygote
            self.line.close()
            try:
                serve_child(socket.socket(fileno=descriptor))
            except OSError:
                pass
            os._exit(0)
        os.close(descriptor)
        self.children[pid] = message["id"]
        stray = encode({"event": "exited", "id": 12345, "exit": 0})
        self.line.sendall(stray + encode({"event": "forked", "id": message["id"], "pid": pid}))

    def kill(self, message):
        for pid, identity in self.children.items():
            if identity == message["id"]:
                os.kill(pid, signal.SIGKILL)

    def stop(self, message=None):
        if MODE == "stubborn":
            time.sleep(60)
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)

    def reap(self):
        while self.children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            event = {"event": "exited", "id": self.children.pop(pid)}
            if os.WIFSIGNALED(status):
                event["signal"] = os.WTERMSIG(status)
            else:
                event["exit"] = os.WEXITSTATUS(status)
            if event.get("signal") == signal.SIGUSR1:
                event["reason"] = "memory"
            event["output"] = "last words\n"
            self.line.sendall(encode(event))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    line = socket.socket(fileno=parser.parse_args().fd)
    if MODE == "missing":
        line.sendall(encode({"event": "failed", "missing": "triton", "message": f"{sys.executable} has no package triton"}))
        return 3
    if MODE == "broken":
        sys.exit("ImportError: libcudart.so.12: cannot open shared object file")
    if MODE == "killed" or (MODE == "killed_once" and once("killed")):
        die(signal.SIGKILL)
    if MODE == "silent":
        time.sleep(60)
    if MODE == "garbage":
        line.sendall(b"{]\n")
        time.sleep(60)
    if MODE == "wrong_event":
        line.sendall(b'{"event":"party"}\n')
        time.sleep(60)
    if MODE == "slow":
        time.sleep(0.3)
    line.sendall(encode({"event": "ready", "versions": {"python": "3", "torch": "none", "mode": MODE, "pid": os.getpid()},
                         "isolation": {"filter": True, "namespaces": MODE != "no namespaces", "reason": "refused"},
                         "import_seconds": 0}))
    return Zygote(line).serve()


sys.exit(main())
