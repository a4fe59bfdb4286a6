"""The sandbox of a forked child: what candidate code can do, with the sandbox and, as the control, without it."""

import json
import os
import pathlib
import signal
import socket
import subprocess

import pytest
from zygote_driver import Driver, wait_until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ATTACKS = (ROOT / "templates/doctor/attacks.py").read_text()
DISK_MB, PROCESSES = 16, 48


def driver_with(library):
    return Driver(environment={"TRITON_INTERPRET": "1", "KERNELAGENT_SANDBOX_LIBRARY": library,
                               "KERNELAGENT_TEST_KEY": "a-secret-key"})


@pytest.fixture(scope="module")
def library():
    folder = pathlib.Path(os.environ.get("KERNELAGENT_BIN") or ROOT / "build/release/kernelagent").parent
    path = folder / "libkernelagent_sandbox.so"
    if not path.exists():
        pytest.skip(f"{path} is not built")
    return str(path)


@pytest.fixture(scope="module")
def guarded(library):
    driver = driver_with(library)
    if not (driver.ready["isolation"]["filter"] and driver.ready["isolation"]["namespaces"]):
        pytest.skip(f"no namespaces here: {driver.ready['isolation']}")
    yield driver
    driver.close()


@pytest.fixture(scope="module")
def unguarded():
    driver = driver_with("")
    assert driver.ready["isolation"]["filter"] is False
    yield driver
    driver.close()


def attack(driver, name, *arguments):
    """Runs one attack in a child. Returns its answer, or the zygote's word on how the child ended."""
    session = driver.fork(disk_mb=DISK_MB, processes=PROCESSES, memory_mb=65536)
    reply = session.call("execute", source=f"{ATTACKS}\nattack({name!r}, {list(arguments)!r})\n")
    if reply is None:
        return session.ended()
    session.line.close()
    return json.loads(reply["printed"].splitlines()[-1])


def got(answer):
    return answer.get("got")


CAPS = [("fork_bomb", 4 * PROCESSES), ("fill_disk", 4 * DISK_MB)]


@pytest.mark.parametrize("name, arguments", CAPS)
def test_caps_hold_by_the_kernel_or_by_the_watch(guarded, name, arguments):
    answer = attack(guarded, name, arguments)
    assert answer.get("reason") in ("processes", "disk") or answer.get("errno") in ("EAGAIN", "ENOSPC"), answer
    assert got(attack(guarded, "find_key", "no such key", 1)) is None  # the zygote lives on


def test_files_in_memory_count_as_memory(guarded):
    """What lies in the private folder is no process's, and shared memory can be held without its pages being anybody's."""
    session = guarded.fork(memory_mb=100, disk_mb=1000)
    session.send("execute", source="""
import time
with open("hoard", "wb") as file:
    for _ in range(300):
        file.write(bytes(1 << 20))
time.sleep(60)
""")
    assert session.ended()["reason"] == "memory"
    session = guarded.fork(memory_mb=100)
    for hoard in ("import os; os.memfd_create('hoard')", "import mmap; mmap.mmap(-1, 4096)"):
        assert "PermissionError" in session.call("execute", source=hoard)["error"]["message"]
    assert session.call("execute", source="import mmap; mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)")["ok"]
    session.line.close()


def test_without_a_disk_of_its_own_the_folder_is_watched(unguarded):
    assert attack(unguarded, "fill_disk", 4 * DISK_MB)["reason"] == "disk"
    assert attack(unguarded, "fork_bomb", 4 * PROCESSES)["reason"] == "processes"


def test_other_processes_are_out_of_reach(guarded, unguarded):
    for name, others in (("trace_sibling", True), ("read_memory", os.getuid() == 0)):
        sibling = guarded.fork()
        answer = attack(guarded, name, sibling.pid)
        assert got(answer) is None and answer["errno"] in ("EPERM", "ESRCH", "EACCES"), (name, answer)
        if others and os.getuid() == 0:  # children are not dumpable: without the sandbox only root reaches them
            sibling = unguarded.fork()
            assert got(attack(unguarded, name, sibling.pid)) == f"process {sibling.pid}"


def test_the_zygote_cannot_be_killed(guarded):
    attack(guarded, "kill_parent")
    assert guarded.fork().call("echo", value=1)["ok"]
    victim = driver_with("")
    victim.fork().send("execute", source=f"{ATTACKS}\nattack('kill_parent', [])\n")
    assert victim.process.wait(20) == -signal.SIGKILL


def test_siblings_share_no_folder(guarded, unguarded):
    for driver, shared in ((guarded, False), (unguarded, True)):
        first = driver.fork()
        folder = first.call("facts")["directory"]
        first.call("execute", source="open('note', 'w').write('for a sibling')")
        answer = attack(driver, "read_file", os.path.join(folder, "note"))
        assert (got(answer) == "for a sibling") is shared, answer


@pytest.mark.parametrize("name, arguments, error", [
    ("new_namespaces", [], "EPERM"), ("reach_localhost", ["PORT"], "EAFNOSUPPORT"), ("reach_internet", [], "EAFNOSUPPORT")])
def test_the_filter_refuses(guarded, unguarded, name, arguments, error):
    with socket.create_server(("127.0.0.1", 0)) as server:
        arguments = [server.getsockname()[1] if one == "PORT" else one for one in arguments]
        assert attack(guarded, name, *arguments)["errno"] == error
        answer = attack(unguarded, name, *arguments)
        if name != "reach_internet" or answer["errno"] != "ENETUNREACH":  # a machine without any network
            assert got(answer), answer


CALLS = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
answers = {}
for name, number, arguments in CALLS:
    ctypes.set_errno(0)
    libc.syscall(number, *(ctypes.c_long(one) for one in arguments))
    answers[name] = os.strerror(ctypes.get_errno())
print(answers)
"""
X86_64 = [("mount", 165, []), ("umount2", 166, []), ("pivot_root", 155, []), ("keyctl", 250, []), ("add_key", 248, []),
          ("request_key", 249, []), ("bpf", 321, [99]), ("perf_event_open", 298, []), ("userfaultfd", 323, [99]),
          ("kexec_load", 246, []), ("init_module", 175, []), ("setns", 308, [-1]), ("reboot", 169, []), ("swapon", 167, []),
          ("process_vm_readv", 310, []), ("process_vm_writev", 311, []), ("ptrace", 101, [99]), ("unshare", 272, [0x10000000]),
          ("clone", 56, [0x10000000 | 17]), ("io_uring_setup", 425, []), ("open_by_handle_at", 304, []), ("shmget", 29, [0, 0])]


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are x86-64's")
def test_the_filter_refuses_by_number(guarded):
    reply = guarded.fork().call("execute", source=f"CALLS = {X86_64!r}\n{CALLS}")
    answers = eval(reply["printed"])
    assert {name for name, answer in answers.items() if answer != os.strerror(1)} == set()
    reply = guarded.fork().call("execute", source=f"CALLS = [('clone3', 435, [0, 0]), ('x32', 0x40000000 + 39, [])]\n{CALLS}")
    assert set(eval(reply["printed"]).values()) == {os.strerror(38)}


def test_processes_and_the_compiler_still_run(guarded):
    """Triton compiles its launcher with the system's C compiler, and calls ptxas."""
    source = """
import subprocess, threading
open("a.c", "w").write("#include <stdio.h>\\nint main(void) { puts(\\"compiled\\"); return 0; }\\n")
subprocess.run(["cc", "-O2", "a.c", "-o", "a"], check=True)
print(subprocess.run(["./a"], capture_output=True, text=True, check=True).stdout.strip())
thread = threading.Thread(target=lambda: print("threads run"))
thread.start(), thread.join()
"""
    assert guarded.fork().call("execute", source=source)["printed"] == "compiled\nthreads run\n"


def test_a_childs_end_takes_double_forks_along(guarded):
    session = guarded.fork()
    session.call("execute", source="""
import os, subprocess
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "100.5671"])
    os._exit(0)
os.wait()
""")
    assert wait_until(lambda: running("100.5671"))
    guarded.line.send({"request": "kill", "id": session.identity})
    session.ended()
    assert wait_until(lambda: not running("100.5671"))


def running(word):
    return subprocess.run(["pgrep", "-f", f"sleep {word}$"], capture_output=True).returncode == 0


def test_a_child_has_no_capability_and_sees_only_itself(guarded):
    reply = guarded.fork().call("execute", source="""
import os
print([line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm", "CapBnd", "CapAmb"))])
print([name for name in os.listdir("/proc") if name.isdigit()])
open("/proc/self/task/%d/comm" % os.getpid(), "w").close()  # CUDA names its threads
for place in ("/proc/1/oom_score_adj", "/proc/sys/kernel/hostname"):
    try:
        open(place, "w")
    except OSError as error:
        print(error.strerror)
""")
    capabilities, processes, *written = reply["printed"].splitlines()
    assert set(eval(capabilities)) == {"0" * 16}
    if guarded.ready["isolation"]["processes"]:
        assert eval(processes) == ["1", "2"]
    assert written == [os.strerror(30)] * 2  # read-only


def test_a_thread_in_the_zygote_stops_forks(library):
    start = ("import sys, threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); "
             "from kernelagent_worker import zygote; zygote.ROLES['trace'] = 'zygote_role'; sys.exit(zygote.run({fd}))")
    driver = Driver(start=start, environment={"KERNELAGENT_SANDBOX_LIBRARY": library})
    ours, theirs = socket.socketpair()
    driver.line.send({"request": "fork", "id": 1, "role": "trace"}, [theirs.fileno()])
    assert "2 threads" in driver.event("refused", 1)["message"]
    driver.close(), ours.close(), theirs.close()


@pytest.fixture(scope="module")
def doctor():
    program = os.environ.get("KERNELAGENT_BIN")
    if not program:
        pytest.skip("KERNELAGENT_BIN is not set")
    reply = subprocess.run([program, "doctor", "--json"], capture_output=True, text=True)
    return json.loads(reply.stdout)["sandbox"]


def test_doctor_shows_that_the_whole_sandbox_holds(doctor):
    if doctor["level"] != "bubblewrap":
        pytest.skip(doctor["reason"])
    assert len(doctor["attacks"]) == 12
    assert [one for one in doctor["attacks"] if not one["held"]] == []
    limits = {one["attack"]: one["limit"] for one in doctor["attacks"]}
    assert limits["reads a file in your home"].startswith("an own disk")


def test_files_are_readable_and_keys_are_found_without_the_sandbox(unguarded, tmp_path):
    """The control of doctor's attacks on files and keys."""
    (tmp_path / "secret").write_text("a secret")
    assert got(attack(unguarded, "read_file", str(tmp_path / "secret"))) == "a secret"
    assert got(attack(unguarded, "write_file", str(tmp_path / "written"))) and (tmp_path / "written").exists()
    assert got(attack(unguarded, "find_key", "a-secret-key", 1)) == "a-secret-key"
