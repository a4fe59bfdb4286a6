# What `kernelagent doctor` lets a worker's child try. An attack returns what it got, or raises what stopped it; the last line that
# is printed tells which. Nothing leaves the machine: the "internet" is an address that nobody has, and a datagram socket sends
# nothing when it is connected.
import ctypes
import errno
import json
import os
import signal
import socket
import time

PTRACE_ATTACH, PTRACE_DETACH = 16, 17
NEW_NAMESPACES = 0x10000000 | 0x00020000  # user, mount

libc = ctypes.CDLL(None, use_errno=True)


def read_file(path):
    with open(path) as file:
        return file.read()


def reach_internet():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.connect(("192.0.2.1", 53))
    return "a route"


def reach_localhost(port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as line:
        line.settimeout(5)
        line.connect(("127.0.0.1", port))
    return "a connection"


def fork_bomb(count):
    for made in range(count):
        try:
            pid = os.fork()
        except OSError:
            time.sleep(0.5)  # who counts may still come
            raise
        if pid == 0:
            time.sleep(30)
            os._exit(0)
    return f"{count} processes"


def fill_disk(megabytes):
    block = bytes(1 << 20)
    for made in range(megabytes):
        with open(f"block{made % 8}", "ab") as file:
            file.write(block)
    time.sleep(2)  # who watches may still come
    return f"{megabytes} MiB"


def kill_parent():
    os.kill(os.getppid() or 1, signal.SIGKILL)
    time.sleep(0.5)
    return None  # who watches the parent knows better


def write_file(path):
    with open(path, "w") as file:
        file.write("written by an attack")
    return path


def find_key(value, sibling):
    if value in os.environ.values():
        return value
    for pid in neighbours(sibling):
        try:
            if value in read_file(f"/proc/{pid}/environ"):
                return value
        except OSError:
            pass
    return None


def trace_sibling(sibling):
    for pid in neighbours(sibling):
        if libc.ptrace(PTRACE_ATTACH, pid, None, None) == 0:
            os.waitpid(pid, 0x40000000)
            libc.ptrace(PTRACE_DETACH, pid, None, None)
            return f"process {pid}"
    fail()


def read_memory(sibling):
    for pid in neighbours(sibling):
        try:
            with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                memory.seek(int(maps.readline().split("-")[0], 16))
                return f"process {pid}" if memory.read(1) else None
        except FileNotFoundError:
            pass
    raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))


def new_namespaces():
    pid = os.fork()  # only a process of a single thread may leave its user namespace
    if pid == 0:
        os._exit(0 if libc.unshare(NEW_NAMESPACES) == 0 else ctypes.get_errno())
    ctypes.set_errno(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    if ctypes.get_errno() != 0:
        fail()
    return "namespaces"


def neighbours(sibling):
    """The processes that an attack is aimed at: the zygote and another of its children. Where this process has numbers of its
    own, one of its threads may bear the other child's."""
    own = set(os.listdir("/proc/self/task"))
    return [pid for pid in (sibling, os.getppid() or 1) if str(pid) not in own]


def fail():
    number = ctypes.get_errno()
    raise OSError(number, os.strerror(number))


def attack(name, arguments):
    answer = {"got": None, "errno": None, "text": None}
    try:
        answer["got"] = globals()[name](*arguments)
    except OSError as error:
        answer.update(errno=errno.errorcode.get(error.errno), text=error.strerror or str(error))
    print(json.dumps(answer), flush=True)
