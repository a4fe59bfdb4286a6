"""The zygote: forks, isolation, limits, and how ends are reported."""

import json
import os
import re
import signal
import socket

import pytest
from zygote_driver import Driver, alive, wait_until

PROBLEMS = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "problems"))


# Starts its program and reports, as compute-sanitizer does.
TOOL = """#!/bin/sh
check=$2
while [ "$1" != -m ]; do python=$1; shift; done
"$python" "$@"
echo "========= $check: exit $?"
"""


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    tool = tmp_path_factory.mktemp("tool") / "compute-sanitizer"
    tool.write_text(TOOL)
    tool.chmod(0o755)
    driver = Driver(environment={"KERNELAGENT_COMPUTE_SANITIZER": str(tool)})
    yield driver
    driver.close()


def test_protocol_examples(driver):
    """The example events that the C++ side reads have fields that real ones have."""
    with open(os.path.join(PROBLEMS, "..", "protocol", "zygote.json")) as file:
        examples = json.load(file)["zygote_events"]
    fields = {"ready": set(driver.ready), "failed": {"event", "missing", "message"}, "forked": {"event", "id", "pid"},
              "refused": {"event", "id", "message"},
              "exited": {"event", "id", "exit", "signal", "reason", "peak_mb", "output", "report"}}
    for event in examples:
        assert set(event) <= fields[event["event"]], event


def test_ready_names_versions(driver):
    assert driver.ready["event"] == "ready"
    assert set(driver.ready["versions"]) == {"python", "torch", "triton", "cuda"}
    assert driver.ready["import_seconds"] > 0
    assert "warnings" not in driver.ready  # no import left a thread running


def test_missing_package_is_reported_by_name():
    start = ("import sys; sys.modules['triton'] = None; from kernelagent_worker import zygote; "
             "sys.exit(zygote.run({fd}))")
    driver = Driver(start=start)
    assert driver.ready["event"] == "failed" and driver.ready["missing"] == "triton"
    assert driver.process.wait(20) == 3


def test_module_entry_point():
    start = "import os, sys; os.execv(sys.executable, [sys.executable, '-m', 'kernelagent_worker', '--fd', '{fd}'])"
    driver = Driver(start=start)
    assert driver.ready["event"] == "ready"
    driver.line.send({"request": "stop"})
    assert driver.process.wait(20) == 0


def test_child_answers_in_order(driver):
    session = driver.fork()
    for value in (1, 2.5, "ü", None, [1, {"a": True}], float("inf")):
        expected = "inf" if value == float("inf") else value
        assert session.call("echo", value=value) == {"id": 1, "ok": True, "value": expected}
    session.line.close()
    assert session.ended()["exit"] == 0


def test_child_is_isolated(driver):
    first, second = driver.fork(), driver.fork()
    facts, other = first.call("facts"), second.call("facts")
    assert facts["pid"] == facts["group"] == first.pid
    assert facts["parent"] == driver.process.pid
    assert facts["directory"] == facts["temporary"] != other["directory"]
    assert facts["threads"] == len(os.sched_getaffinity(0))
    kinds = {int(n): re.sub(r":.*", "", target) for n, target in facts["open"].items()}
    assert kinds.pop(0) == "/dev/null"
    assert kinds.pop(1).endswith("output.txt") and kinds.pop(2).endswith("output.txt")
    assert kinds == {3: "socket"}
    # Only without CUDA may the zygote run what warms a role.
    assert facts["warmed"] == (str(driver.process.pid) if os.environ.get("TRITON_INTERPRET") == "1" else None)
    directory = facts["directory"]
    first.line.close(), second.line.close()
    first.ended(), second.ended()
    assert not os.path.exists(directory)


def test_failures_come_back_with_their_place_and_output(driver):
    session = driver.fork()
    error = session.call("fail", kind="raised", message="one\n  two")["error"]
    assert error == {"kind": "raised", "message": "one two", "line": 3, "file": "x.py",
                     "output": "printed before failing\n"}
    error = session.call("crash")["error"]
    assert error["kind"] == "internal" and "KeyError" in error["message"] and "traceback" in error
    assert session.call("quit")["error"]["message"] == "SystemExit: 5"
    assert "not JSON" in session.call("bad_reply")["error"]["message"]
    session.line.connection.sendall(b"nonsense\n")
    assert session.line.receive()["error"]["kind"] == "bad_request"
    assert session.call("echo", value=1)["ok"]  # still alive
    session.line.close()
    session.ended()


def test_operators_run_in_a_child(driver):
    session = driver.fork()
    assert session.call("matmul")["value"] == 512
    session.line.close()
    session.ended()


def test_exit_code(driver):
    session = driver.fork()
    session.send("leave", code=7)
    event = session.ended()
    event.pop("peak_mb", None)  # of a child that was there for a while
    assert event == {"event": "exited", "id": session.identity, "exit": 7, "output": "last words\n"}
    assert session.line.receive() is None


def test_signal_death(driver):
    session = driver.fork()
    session.send("die", number=signal.SIGSEGV)
    assert session.ended()["signal"] == signal.SIGSEGV


@pytest.mark.parametrize("own_session", [False, True])
def test_kill_takes_the_whole_group(driver, own_session):
    session = driver.fork()
    grandchild = session.call("spawn", own_session=own_session)["pid"]
    session.send("ignore_signals")
    driver.line.send({"request": "kill", "id": session.identity})
    event = session.ended()
    assert event["signal"] == signal.SIGKILL and "reason" not in event
    assert wait_until(lambda: not alive(grandchild))


def test_memory_cap_kills(driver):
    session = driver.fork(memory_mb=200)
    session.send("eat", megabytes=5000)
    event = session.ended()
    assert event["signal"] == signal.SIGKILL and event["reason"] == "memory"
    assert 200 <= event["peak_mb"] < 2000


def test_memory_below_the_cap_is_fine(driver):
    session = driver.fork(memory_mb=400)
    assert session.call("eat", megabytes=100)["held"] == 100
    session.line.close()
    assert session.ended()["exit"] == 0


def test_interpreter_zygote_refuses_memory_softly():
    driver = Driver(environment={"TRITON_INTERPRET": "1"})
    assert driver.ready["interpret"] is True
    session = driver.fork(memory_mb=200)
    assert session.call("facts")["warmed"] == str(driver.process.pid)
    assert session.call("eat_quickly", megabytes=1000)["error"]["kind"] == "out_of_memory"
    assert session.call("eat_quickly", megabytes=50)["held"] == 50 << 20
    driver.close()


def test_cpu_limit(driver):
    session = driver.fork(cpu_seconds=1)
    session.send("burn")
    event = session.ended()
    assert event["signal"] == signal.SIGXCPU and event["reason"] == "cpu"


def test_refusals(driver):
    driver.line.send({"request": "fork", "id": 900, "role": "trace"})
    assert "descriptor" in driver.event("refused", 900)["message"]
    driver.line.send({"request": "fork", "id": 901, "role": "thief"}, [0])
    assert "thief" in driver.event("refused", 901)["message"]
    driver.line.send({"request": "dance", "id": 902})
    assert "dance" in driver.event("refused", 902)["message"]
    session = driver.fork()
    driver.line.send({"request": "fork", "id": session.identity, "role": "trace"}, [0])
    assert "fresh" in driver.event("refused", session.identity)["message"]
    session.line.close()
    session.ended()


def test_zygote_death_kills_children():
    driver = Driver()
    session = driver.fork()
    session.send("ignore_signals")
    os.kill(driver.process.pid, signal.SIGKILL)
    assert wait_until(lambda: not alive(session.pid))
    driver.process.wait(20)


@pytest.mark.parametrize("how", ["stop", "close", "sigterm"])
def test_ending_the_zygote_ends_children_and_removes_files(how):
    driver = Driver()
    session = driver.fork()
    directory = session.call("facts")["directory"]
    session.send("ignore_signals")
    if how == "stop":
        driver.line.send({"request": "stop"})
    elif how == "sigterm":
        os.kill(driver.process.pid, signal.SIGTERM)
    else:
        driver.line.close()
    assert driver.process.wait(20) == 0
    assert not alive(session.pid)
    assert not os.path.exists(os.path.dirname(directory))


@pytest.mark.parametrize("interpret", ["0", "1"])  # cold and warmed
def test_tracing_in_a_child(interpret):
    start = "import sys; from kernelagent_worker import zygote; sys.exit(zygote.run({fd}))"
    driver = Driver(start=start, environment={"TRITON_INTERPRET": interpret})
    try:
        for _ in range(2 if interpret == "1" else 1):
            session = driver.fork(memory_mb=4096, cpu_seconds=300)
            reply = session.call("trace", problem=os.path.join(PROBLEMS, "batch_norm.py"), mode="train")
            assert reply["ok"] and reply["graph"]["format"] == "kernelagent-graph"
            error = session.call("trace", problem=os.path.join(PROBLEMS, "control_flow.py"))["error"]
            assert (error["kind"], error["line"]) == ("untraceable", 10)
            session.line.close()
            assert session.ended()["exit"] == 0
            with open(f"/proc/{driver.process.pid}/status") as status:
                assert re.search(r"^Threads:\s+1$", status.read(), re.MULTILINE)  # warming started no thread
    finally:
        driver.close()



CHECKED = """
import os, sys
print("========= memcheck: exit 0")
kinds = {number: os.readlink(f"/proc/self/fd/{number}").split(":")[0] for number in "123"}
raise ValueError(f"{kinds} {os.environ['PYTORCH_NO_CUDA_MEMORY_CACHING']}")
"""


def test_a_tool_reports_where_its_program_cannot_write(driver):
    """The role runs in a fresh process that the tool starts; what it prints is not part of the report."""
    session = driver.fork(role="memcheck", memory_mb=4096)
    reply = session.call("outline", path="/x/kernel.py", source=CHECKED)
    assert reply, session.ended()
    reply = session.call("load", path="/x/kernel.py", entry="auto", device="cpu", mode="train", seed=1, init_inputs=[], inputs=0, state=[])
    assert re.search(r"\{'1': '/.*output.txt', '2': '/.*output.txt', '3': 'socket'\} 1", reply["error"]["message"])
    assert reply["error"]["output"] == "========= memcheck: exit 0\n"
    session.line.close()
    event = session.ended()
    assert event["exit"] == 0 and event["report"] == "========= memcheck: exit 0\n"


def test_a_checked_child_that_is_killed_has_said_what_it_said(driver):
    session = driver.fork(role="racecheck", memory_mb=4096)
    driver.line.send({"request": "kill", "id": session.identity})
    event = session.ended()
    assert event["signal"] == signal.SIGKILL and event["report"] == ""


def test_without_the_tool_its_roles_are_refused():
    driver = Driver()
    ours, theirs = socket.socketpair()
    driver.line.send({"request": "fork", "id": 1, "role": "memcheck"}, [theirs.fileno()])
    assert driver.event("refused", 1)["message"] == "compute-sanitizer was not found"
    driver.close()
