"""A forked child: becomes a process of its own, then answers its role's requests until its line closes."""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import resource
import signal
import sys
import traceback

from kernelagent_worker import compiled
from kernelagent_worker.protocol import Failure, Line, describe, failure_from

compiled_for_all = {}  # what the zygote compiled for its children, before it forks them

OUTPUT = "output.txt"  # stdout and stderr of a child, in its private directory

_TAIL = 8192
_LINE = 3  # the descriptor of the child's line, after the standard three
_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_DISK_MB = 2048  # what a child may write where the request for it names no limit
_PROCESSES = 1024


def run(role, module, descriptor, directory, limits, parent, prctl, isolation):
    """Isolates the forked process, serves, and ends it. Never returns: the zygote's stack lies above."""
    status = 1
    try:
        isolate(descriptor, directory, limits, parent, prctl, isolation)
        status = serve(Line.from_descriptor(_LINE), role, module)
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)  # exit handlers belong to the zygote


def isolate(descriptor, directory, limits, parent, prctl, isolation):
    """Own process group, death with the parent, no descriptor but the line, own namespaces and directory, limits, filter."""
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.setpgid(0, 0)
    take_descriptors(descriptor, os.path.join(directory, OUTPUT))
    isolation.enter(disk_megabytes(limits))
    prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)  # a new user namespace would forget it
    if os.getppid() != (0 if isolation.processes else parent):
        os._exit(1)  # the zygote died before the line above
    prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # other children cannot attach to this one (unless they are privileged)
    os.makedirs(directory, exist_ok=True)  # the zygote's own lies behind an empty folder now
    os.chdir(directory)
    # Caches are private: a candidate must not leave compiled code for others to load.
    os.environ.update(HOME=directory, TMPDIR=directory, TRITON_CACHE_DIR=os.path.join(directory, "triton"),
                      TORCHINDUCTOR_CACHE_DIR=os.path.join(directory, "inductor"))
    compiled.unpack(compiled_for_all, os.environ["TRITON_CACHE_DIR"])
    import tempfile
    tempfile.tempdir = None
    set_limits(limits)
    if isolation.namespaces:
        lower(resource.RLIMIT_NPROC, process_count(limits))  # counted within the user namespace; root is exempt
    isolation.restrict()
    gc.enable()
    import torch
    torch.set_num_threads(int(limits.get("threads") or usable_cpus()))


def take_descriptors(descriptor, output):
    """Keeps stdin (empty), stdout and stderr (a file) and the line; closes everything else."""
    line = os.dup(descriptor) if descriptor <= _LINE else descriptor
    null = os.open(os.devnull, os.O_RDONLY)
    log = os.open(output, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    spare = [os.dup(number) for number in (null, log, line)]  # all of them above the places they go to
    while min(spare) <= _LINE:
        spare = [os.dup(number) for number in spare]
    for target, source in ((0, spare[0]), (1, spare[1]), (2, spare[1]), (_LINE, spare[2])):
        os.dup2(source, target, inheritable=target != _LINE)
    os.closerange(_LINE + 1, max(map(int, os.listdir("/proc/self/fd"))) + 1)
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
