"""What keeps a forked child from its siblings, the zygote and the kernel: namespaces and the system call filter.

The calls themselves are in a small C library (sandbox/ in the source tree), which the zygote loads before it forks. What works
on this machine is found out once, by a child that does nothing else, and is part of the zygote's "ready" event.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys
import tempfile

_CAP_SYS_ADMIN = 1 << 21
_FAILED, _UNFILTERED = 3, 4  # how the trial child says which step failed


class Isolation:
    """The steps that work here. Made by the zygote once torch is imported; used in its children."""

    def __init__(self, folder):
        self.folder = os.environ.get("KERNELAGENT_PRIVATE_DIR") or folder  # what a child sees as empty
        self.library = None
        self.filter = False  # the system call filter
        self.namespaces = False  # an own view of the disk, an own user namespace
        self.processes = False  # own process numbers
        self.reason = None  # why one of the first two is missing
        self.privileged = _capabilities() & _CAP_SYS_ADMIN != 0
        self._find_library()
        if self.library is not None:
            self._find_out()

    def facts(self):
        """Returns what the "ready" event says."""
        facts = {"filter": self.filter, "namespaces": self.namespaces, "processes": self.processes}
        return {**facts, "reason": self.reason} if self.reason else facts

    def begin(self):
        """In the zygote, before a fork: the next child gets process numbers of its own. Returns the pid of their first
        process, whose death ends them all, or None where children share the zygote's."""
        if not self.processes:
            return None
        first = ctypes.c_int()
        self._check(self.library.ka_begin_processes(ctypes.byref(first)))
        return first.value

    def end(self):
        """In the zygote, after a fork that `begin` prepared."""
        if self.processes:
            self._check(self.library.ka_end_processes())

    def enter(self, megabytes, starts_others=False):
        """In a child: hides the zygote's folder behind an empty one of at most `megabytes` and takes an own user namespace.
        `starts_others`: its work is done by processes that it starts."""
        if self.namespaces:
            self._check(self.library.ka_isolate(os.fsencode(self.folder), ctypes.c_ulong(megabytes), int(self.processes),
                                                int(self.privileged), int(starts_others)))

    def restrict(self, shares):
        """In a child: loads the system call filter. On the CPU only a role that `shares` memory may make such memory: it can be held
        where the zygote does not see it. (CUDA's own libraries need some.)"""
        if self.filter:
            shared_memory = shares or os.environ.get("TRITON_INTERPRET") != "1"
            self._check(self.library.ka_restrict_calls(int(self.processes), int(shared_memory)))

    def _check(self, status):
        if status != 0:
            step = (self.library.ka_failed_step() or b"").decode()
            raise OSError(-status, os.strerror(-status), step or None)

    def _find_library(self):
        path = os.environ.get("KERNELAGENT_SANDBOX_LIBRARY")
        if not path:
            self.reason = "KERNELAGENT_SANDBOX_LIBRARY names no library"
            return
        try:
            self.library = ctypes.CDLL(path)
            self.library.ka_failed_step.restype = ctypes.c_char_p
        except OSError as error:
            self.reason = str(error)

    def _find_out(self):
        """Tries everything in children that end at once; what fails is left out from then on."""
        self.filter = self.namespaces = True
        self.processes = self.privileged
        while self.filter or self.namespaces:
            status, said = self._trial()
            if status == 0:
                return
            self.reason = said or f"a trial child ended with {status}"
            if status == _UNFILTERED:
                self.filter = False
            elif self.processes:
                self.processes = False
            elif self.namespaces:
                self.namespaces = False
            else:
                self.filter = False

    def _trial(self):
        with tempfile.TemporaryFile() as words:
            try:
                first = self.begin()
            except OSError as error:
                return _FAILED, _sentence(error)
            sys.stdout.flush()
            sys.stderr.flush()
            pid = os.fork()
            if pid == 0:
                self._try(words.fileno())
            self.end()
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if first is not None:
                os.kill(first, signal.SIGKILL)
                os.waitpid(first, 0)
            words.seek(0)
            return status, words.read().decode("utf-8", "replace")

    def _try(self, words):
        status = _FAILED
        try:
            self.enter(1)
            status = _UNFILTERED
            self.restrict(False)
            status = 0
        except BaseException as error:
            os.write(words, _sentence(error).encode())
        finally:
            os._exit(status)


def _sentence(error):
    step = getattr(error, "filename", None)
    return f"{step}: {error.strerror}" if step else str(error)


def _capabilities():
    try:
        with open("/proc/self/status") as status:
            return int(re.search(r"^CapEff:\s*(\w+)", status.read(), re.MULTILINE).group(1), 16)
    except (OSError, AttributeError):
        return 0
