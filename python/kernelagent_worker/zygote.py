"""The zygote: imports torch and triton once, then forks one process per request, watches them and reports how they ended.

It stays single-threaded and never touches CUDA, because only then is a forked child as good as a fresh process.
One loop waits for the C++ program's requests, for children's deaths (a wakeup descriptor fed by SIGCHLD) and for the
next look at what they hold.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import select
import selectors
import shutil
import signal
import socket
import sys
import tempfile
import time

from kernelagent_worker import child as child_module
from kernelagent_worker import sanitizer
from kernelagent_worker.beforehand import cuda_state, freeze, preload, threads
from kernelagent_worker.isolation import Isolation
from kernelagent_worker.protocol import Failure, Line, describe

ROLES = {
    "trace": "kernelagent_worker.trace",
    "candidate": "kernelagent_worker.candidate",
    "reference": "kernelagent_worker.reference",
    "compare": "kernelagent_worker.compare",
    "bench": "kernelagent_worker.bench",
    "inspect": "kernelagent_worker.inspect",
    "ahead": "kernelagent_worker.ahead",
    **dict.fromkeys(sanitizer.CHECKS, "kernelagent_worker.checked"),
}

# Roles whose module has a `warm()`, run once in the zygote before the first fork for that role: it executes no user's code
# and computes on fake tensors only.
_WARMED = {"trace"}

# Roles of a judgement, whose modules every zygote imports at once; the others are imported by the first child that has them.
_JUDGING = ("candidate", "reference", "compare")

# Roles that make memory for others to open.
_SHARING = ("compare",)

_WATCH_INTERVAL = 0.1  # seconds between looks at what the children hold
_DISK_INTERVAL = 1.0  # seconds between looks at their folders, where no file system of their own bounds them
_TAIL = 8192  # bytes of a child's output that go with its end
_PR_SET_CHILD_SUBREAPER = 36


class Child:
    """What the zygote knows of one living child."""

    def __init__(self, identity, pid, first, directory, limits, report):
        self.identity = identity
        self.report = report  # of the tool it runs under, or None
        self.folder = None  # descriptor of its private folder, where that is a file system of its own
        self.pid = pid
        self.first = first  # the first process of its own process numbers, or None
        self.directory = directory
        self.memory_mb = limits.get("memory_mb")
        self.disk_mb = child_module.disk_megabytes(limits)
        self.most_processes = child_module.process_count(limits)
        self.baseline = 0  # bytes it shared with the zygote at the fork: not its own
        self.walked = time.monotonic()  # when its folder was last looked through
        self.peak = 0
        self.reason = None

    @property
    def output(self):
        return os.path.join(self.directory, child_module.OUTPUT)


class Zygote:
    """Serves one line until it closes or says stop."""

    def __init__(self, line, directory, isolation):
        self.line = line
        self.children = {}  # pid -> Child
        self.directory = directory
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.prctl = self.libc.prctl  # looked up here: a child must not call dlopen before it is isolated
        self.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.isolation = isolation
        self.selector = selectors.DefaultSelector()
        self.wakeup_reader, self.wakeup_writer = socket.socketpair()
        for end in (self.wakeup_reader, self.wakeup_writer):
            end.setblocking(False)
        self.stopping = False
        self.cold = set(_WARMED)

    def serve(self):
        """Runs the loop; returns the exit status."""
        signal.set_wakeup_fd(self.wakeup_writer.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the C++ program's to handle
        self.selector.register(self.line, selectors.EVENT_READ, self.requests)
        self.selector.register(self.wakeup_reader, selectors.EVENT_READ, self.signals)
        try:
            while not self.stopping:
                for key, _ in self.selector.select(_WATCH_INTERVAL if self.children else None):
                    key.data()
                self.watch()
        except (BrokenPipeError, ConnectionResetError):
            pass  # the C++ program is gone
        finally:
            self.end()
        return 0

    # --- Requests ---

    def requests(self):
        if not self.line.read():
            self.stopping = True
            return
        for message in self.line.arrived():
            if isinstance(message, Failure):
                self.line.send({"event": "refused", "id": None, "message": message.message})
            elif message.get("request") == "fork":
                self.fork(message)
            elif message.get("request") == "kill":
                self.kill(message.get("id"))
            elif message.get("request") == "stop":
                self.stopping = True
                return
            else:
                self.refuse(message.get("id"), f"unknown request {message.get('request')!r}")

    def refuse(self, identity, message):
        self.line.send({"event": "refused", "id": identity, "message": message})

    def fork(self, message):
        """Forks a child for `message` with the descriptor that came with it."""
        identity, role, limits = message.get("id"), message.get("role"), message.get("limits") or {}
        descriptor = self.line.take_descriptor()
        if descriptor is None:
            return self.refuse(identity, "a fork request needs a descriptor")
        problem = self.objection(identity, role)
        if problem:
            os.close(descriptor)
            return self.refuse(identity, problem)
        self.warm(role)
        directory = tempfile.mkdtemp(prefix=f"{role}-", dir=self.directory)
        sys.stdout.flush()
        sys.stderr.flush()
        parent, first = os.getpid(), None
        ours, theirs = socket.socketpair() if role in sanitizer.CHECKS else (None, None)
        near, far = socket.socketpair()

        def prepare():
            report = theirs.fileno() if theirs else None
            child_module.isolate(descriptor, directory, limits, parent, self.prctl, self.isolation, role in _SHARING, far.fileno(), report)
            if theirs:
                sanitizer.become(role)

        try:
            first = self.isolation.begin()
            pid = os.fork()
            if pid == 0:  # never returns
                child_module.run(role, ROLES[role], prepare)
            self.isolation.end()
        except OSError as error:
            end_processes(first)
            os.close(descriptor)
            shutil.rmtree(directory, ignore_errors=True)
            return self.refuse(identity, f"cannot fork: {error}")
        os.close(descriptor)
        try:
            os.setpgid(pid, pid)  # the child does it too: whichever comes first closes the race with kill
        except OSError:
            pass
        child = Child(identity, pid, first, directory, limits, self.listen(ours, theirs))
        far.close()
        self.expect_folder(child, near)
        child.baseline = resident(pid)
        self.children[pid] = child
        self.line.send({"event": "forked", "id": identity, "pid": pid})

    def listen(self, ours, theirs):
        """Returns the report that will come through a pair of sockets, or None where there is none."""
        if ours is None:
            return None
        theirs.close()
        report = sanitizer.Report(ours)
        self.selector.register(report, selectors.EVENT_READ, lambda: report.read() or self.selector.unregister(report))
        return report

    def expect_folder(self, child, line):
        """Waits, beside everything else, for the child's private folder, which comes once it is isolated."""
        def arrived():
            _, descriptors, _, _ = socket.recv_fds(line, 1, 1)
            self.selector.unregister(line)
            line.close()
            if descriptors and child.pid in self.children:
                child.folder = descriptors[0]
            elif descriptors:
                os.close(descriptors[0])
        self.selector.register(line, selectors.EVENT_READ, arrived)

    def warm(self, role):
        """Imports what a role needs before its first fork, so that later children start at once."""
        if role not in self.cold:
            return
        self.cold.discard(role)
        if os.environ.get("TRITON_INTERPRET") != "1":
            return  # what it runs may ask for CUDA devices, and a process that asked cannot fork children that use them
        try:
            importlib.import_module(ROLES[role]).warm()
        except Exception as error:  # the child meets it again and can report it
            print(f"warming {role}: {describe(error)}", file=sys.stderr)
        freeze()

    def objection(self, identity, role):
        """Says why a fork must not happen now, or None."""
        if role not in ROLES:
            return f"unknown role {role!r}"
        if not isinstance(identity, int) or any(child.identity == identity for child in self.children.values()):
            return f"{identity!r} is not a fresh id"
        if role in sanitizer.CHECKS and not os.environ.get(sanitizer.PROGRAM):
            return "compute-sanitizer was not found"
        if threads() > 1:
            return f"the zygote has {threads()} threads, of which a child would have only one"
        return cuda_state()

    def kill(self, identity, reason=None):
        for child in self.children.values():
            if child.identity == identity:
                child.reason = child.reason or reason
                end_child(child)

    # --- Deaths and limits ---

    def signals(self):
        try:
            numbers = self.wakeup_reader.recv(4096)
        except BlockingIOError:
            return
        if signal.SIGTERM in numbers:
            self.stopping = True
        self.reap()

    def reap(self):
        """Collects every dead child, and orphans of children (the zygote is their subreaper)."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = self.children.pop(pid, None)
            if child is None:
                continue
            end_child(child)  # what it started must not outlive it
            self.end_orphans()
            self.report(child, status)

    def end_orphans(self):
        """Kills what children of children left behind: the zygote is their parent now."""
        ours = {first for child in self.children.values() for first in (child.pid, child.first)}
        for pid in descendants(os.getpid(), deep=False):
            if pid not in ours:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass

    def report(self, child, status):
        event = {"event": "exited", "id": child.identity}
        if os.WIFSIGNALED(status):
            event["signal"] = os.WTERMSIG(status)
            if os.WTERMSIG(status) == signal.SIGXCPU:
                child.reason = child.reason or "cpu"
        else:
            event["exit"] = os.WEXITSTATUS(status)
        if child.reason:
            event["reason"] = child.reason
        if child.peak:
            event["peak_mb"] = child.peak >> 20
        if event.get("exit") != 0:
            event["output"] = tail(child.output, _TAIL)
        if child.report is not None:
            event["report"] = self.finished(child.report)
        if child.folder is not None:
            os.close(child.folder)
        shutil.rmtree(child.directory, ignore_errors=True)
        self.line.send(event)

    def finished(self, report):
        """Returns what a tool that has ended reported."""
        report.read()
        if report in self.selector.get_map():
            self.selector.unregister(report)
        report.connection.close()
        return report.text()

    def watch(self):
        """Kills children that hold more than they may. Memory: RLIMIT_AS cannot be used, CUDA maps terabytes. Processes: root is
        exempt from RLIMIT_NPROC. Disk: only a child with a view of the disk of its own has a file system that ends."""
        for child in list(self.children.values()):
            if child.reason:
                continue
            roots = [child.pid] if child.first is None else [child.pid, child.first]
            below = [pid for root in roots for pid in descendants(root)]
            used = sum(resident(pid) for pid in [child.pid, *below]) - child.baseline + stored(child.folder)
            child.peak = max(child.peak, used)
            if len(below) > child.most_processes:
                self.kill(child.identity, reason="processes")
            elif child.memory_mb and used > child.memory_mb << 20:
                self.kill(child.identity, reason="memory")
            elif self.written(child) > child.disk_mb << 20:
                self.kill(child.identity, reason="disk")
        if self.children:
            self.end_orphans()

    def written(self, child):
        """Returns the bytes of the child's output, and of its whole folder where that is the zygote's disk."""
        now = time.monotonic()
        if not self.isolation.namespaces and now > child.walked + _DISK_INTERVAL:
            child.walked = now
            return folder_size(child.directory)
        try:
            return os.stat(child.output).st_size
        except OSError:
            return 0

    def end(self):
        """Kills the children, waits for them and removes what they wrote."""
        signal.set_wakeup_fd(-1)
        for child in list(self.children.values()):
            end_child(child)
        deadline = time.monotonic() + 5
        while self.children and time.monotonic() < deadline:
            try:
                self.reap()
            except OSError:
                pass  # nobody listens any more
            select.select([], [], [], 0.005)
        self.end_orphans()
        shutil.rmtree(self.directory, ignore_errors=True)


def end_child(child):
    kill_group(child.pid)
    end_processes(child.first)


def end_processes(first):
    """Ends everything that shares process numbers with their first process."""
    if first is not None:
        try:
            os.kill(first, signal.SIGKILL)
        except OSError:
            pass


def kill_group(pid):
    for target, send in ((pid, os.killpg), (pid, os.kill)):
        try:
            send(target, signal.SIGKILL)
        except OSError:
            pass  # not yet a group, or already gone


def resident(pid):
    """Returns the bytes of anonymous and shared memory that a process holds; file-backed pages cost nothing."""
    total = 0
    try:
        with open(f"/proc/{pid}/status", "rb") as status:
            for row in status:
                if row.startswith((b"RssAnon:", b"RssShmem:")):
                    total += int(row.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return total


def stored(folder):
    """Returns the bytes of memory that the files below a descriptor's file system take; 0 for None."""
    if folder is None:
        return 0
    facts = os.fstatvfs(folder)
    return (facts.f_blocks - facts.f_bfree) * facts.f_frsize


def descendants(pid, deep=True):
    """Returns the pids of a process's living children, and of theirs if `deep`."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                found += [int(word) for word in children.read().split()]
    except OSError:
        pass
    return found + [grandchild for direct in found for grandchild in descendants(direct)] if deep else found


def tail(path, size):
    """Returns the last `size` bytes of a file as text."""
    try:
        with open(path, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size))
            return file.read(size).decode("utf-8", "replace")
    except OSError:
        return ""


def folder_size(path):
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                pass
    return total


def run(descriptor):
    """Serves the socket `descriptor` until it closes. Returns the process's exit status."""
    os.set_inheritable(descriptor, False)
    line = Line.from_descriptor(descriptor)
    try:
        event = preload([ROLES[role] for role in _JUDGING])
        problem = cuda_state()
        if problem:
            raise RuntimeError(problem)
    except ModuleNotFoundError as error:
        line.send({"event": "failed", "missing": (error.name or "").split(".")[0],
                   "message": f"{sys.executable} has no package {error.name}"})
        return 3
    except BaseException as error:  # a broken installation can raise anything, and must be told as such
        line.send({"event": "failed", "missing": None, "message": describe(error)})
        return 3
    freeze()
    directory = tempfile.mkdtemp(prefix="kernelagent-")
    isolation = Isolation(directory)
    line.send({**event, "isolation": isolation.facts()})
    return Zygote(line, directory, isolation).serve()
