"""A forked child: becomes a process of its own, then answers its role's requests until its line closes."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import resource
import signal
import socket
import sys
import traceback

from kernelagent_worker import compiled
from kernelagent_worker.protocol import Failure, Line, describe, failure_from

compiled_for_all = {}  # what the zygote compiled for its children, before it forks them

OUTPUT = "output.txt"  # stdout and stderr of a child, in its private directory

_TAIL = 8192
LINE = 3  # the descriptor of the child's line, after the standard three
_WATCH = 4  # that of the socket to the zygote, until the child is isolated
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_DISK_MB = 2048  # what a child may write where the request for it names no limit
_PROCESSES = 1024


def run(role, module, prepare):
    """Prepares this process, serves a role, and ends. Never returns: in a fork, the zygote's stack lies above."""
    status = 1
    try:
        prepare()
        status = serve(Line.from_descriptor(LINE), role, module)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)  # exit handlers belong to the zygote


def isolate(descriptor, directory, limits, parent, prctl, isolation, shares, watch, report=None):
    """Own process group, death with the parent, no descriptor but the line, own namespaces and directory, limits, filter.

    `shares`: its role makes memory for others. `watch` is a socket's descriptor, through which the zygote gets the private folder, to see
    how full it is. Where there is a `report`, a descriptor too, it becomes stdout."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    take_descriptors((os.open(os.devnull, os.O_RDONLY), *outputs(os.path.join(directory, OUTPUT), report), descriptor, watch))
    isolation.enter(disk_megabytes(limits), report is not None)
    prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)  # a new user namespace would forget it
    if os.getppid() != (0 if isolation.processes else parent):
        os._exit(1)  # the zygote died before the line above
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # other children cannot attach to this one (unless they are privileged)
    os.makedirs(directory, exist_ok=True)  # the zygote's own lies behind an empty folder now
    os.chdir(directory)
    give_folder(isolation.folder if isolation.namespaces else None)
    # Caches are private: a candidate must not leave compiled code for others to load.
    os.environ.update(HOME=directory, TMPDIR=directory, TRITON_CACHE_DIR=os.path.join(directory, "triton"),
                      TORCHINDUCTOR_CACHE_DIR=os.path.join(directory, "inductor"))
    compiled.unpack(compiled_for_all, os.environ["TRITON_CACHE_DIR"])
    import tempfile
    tempfile.tempdir = None
    set_limits(limits)
    if isolation.namespaces:
        lower(resource.RLIMIT_NPROC, process_count(limits))  # counted within the user namespace; root is exempt
    isolation.restrict(shares)
    gc.enable()
    import torch
    torch.set_num_threads(int(limits.get("threads") or usable_cpus()))


def outputs(path, report):
    """Opens the file of what is printed; returns the descriptors for stdout and stderr."""
    log = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    if report is None:
        write_whole_lines()
    return (log if report is None else report), log


def take_descriptors(kept):
    """Puts descriptors in the places from 0 on; closes everything else."""
    spare = [os.dup(number) for number in kept]
    while min(spare) < len(kept):  # all of them above the places they go to
        spare = [os.dup(number) for number in spare]
    for target, source in enumerate(spare):
        os.dup2(source, target, inheritable=target < LINE)
    os.closerange(len(kept), max(map(int, os.listdir("/proc/self/fd"))) + 1)


def give_folder(path):
    """Sends the folder, where it is a file system of this child's own, to the zygote; lets go of the way there."""
    with socket.socket(fileno=_WATCH) as watch:
        if path is not None:
            folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            socket.send_fds(watch, [b"/"], [folder])
            os.close(folder)


def write_whole_lines():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")


def set_limits(limits):
    """CPU seconds, file sizes and open files; private memory where there is no CUDA (the zygote also watches memory)."""
    memory = int(limits.get("memory_mb") or 0) << 20
    cpu = limits.get("cpu_seconds")
    if cpu:
        lower(resource.RLIMIT_CPU, int(cpu), int(cpu) + 5)
    file_size = int(limits["file_mb"]) << 20 if limits.get("file_mb") else memory
    if file_size:
        lower(resource.RLIMIT_FSIZE, file_size)
    if limits.get("open_files"):
        lower(resource.RLIMIT_NOFILE, int(limits["open_files"]))
    lower(resource.RLIMIT_CORE, 0)
    if memory and os.environ.get("TRITON_INTERPRET") == "1":
        lower(resource.RLIMIT_DATA, memory + private_bytes())


def disk_megabytes(limits):
    return int(limits.get("disk_mb") or _DISK_MB)


def process_count(limits):
    return int(limits.get("processes") or _PROCESSES)


def lower(what, soft, hard=None):
    """Sets a resource limit, within what the process was given."""
    _, ceiling = resource.getrlimit(what)
    hard = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(what, (soft, hard))


def private_bytes():
    with open("/proc/self/status", "rb") as status:
        for row in status:
            if row.startswith(b"VmData:"):
                return int(row.split()[1]) * 1024
    return 0


def usable_cpus():
    return max(1, len(os.sched_getaffinity(0)))


def serve(line, role, module):
    """Answers requests in order until the line closes. Returns the exit status."""
    handler, unready = None, None
    try:
        handler = importlib.import_module(module).Role()
        getattr(handler, "warm", lambda: None)()  # a child that waits to be needed has done it by then
    except BaseException as error:  # the answer to the first request says so
        unready = failure_from(error, "internal")
    while True:
        message = None
        start = output_size()
        try:
            message = line.receive()
            if message is None:
                return 0
            if unready is not None:
                raise unready
            if line.descriptors:
                message["descriptors"] = list(line.descriptors)  # closed below
            reply = {"id": message.get("id"), "ok": True, **handler.handle(message)}
        except Failure as failure:
            reply = refusal(message, failure, start)
        except BaseException as error:  # SystemExit too: user's code may raise anything, and the role stays alive
            failure = failure_from(error, "internal")
            reply = refusal(message, failure, start)
        finally:
            line.drop_descriptors()
        descriptors = reply.pop("descriptors", ())
        try:
            line.send(reply, descriptors)
        except (BrokenPipeError, ConnectionResetError):
            return 0
        except (TypeError, ValueError) as error:
            line.send(refusal(message, Failure("internal", f"{role}: the reply is not JSON: {describe(error)}"),
                              start))
        finally:
            for descriptor in descriptors:
                os.close(descriptor)


def refusal(message, failure, start):
    """The reply for a failure, with what was printed since the request came."""
    sys.stdout.flush()
    sys.stderr.flush()
    error = failure.to_json()
    end = output_size()
    size = min(_TAIL, max(0, end - start))
    try:
        printed = os.pread(1, size, end - size).decode("utf-8", "replace")
    except OSError:
        printed = ""  # user's code closed it or put something else in its place
    if printed:
        error["output"] = printed
    return {"id": message.get("id") if message else None, "ok": False, "error": error}


def output_size():
    try:
        return os.fstat(1).st_size
    except OSError:
        return 0
