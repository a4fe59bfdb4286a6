"""`kernelagent ui`: the real server over HTTP, a real run on the interpreter, a server that is killed and started again; `kernelagent mcp`."""

import contextlib
import http.client
import io
import json
import pathlib
import signal
import socket
import subprocess
import tarfile
import threading
import time

import e2e
import pytest
from e2e import script  # noqa: F401 (a fixture)

RELU = e2e.HEAD + """
class Model(nn.Module):
    def forward(self, x):
        return torch.relu(x) * 2

def get_inputs():
    return [torch.randn(8, 16)]

def get_init_inputs():
    return []
"""


class Server:
    """A running `kernelagent ui` and a way to ask it."""

    def __init__(self, cwd, *words, port=0):
        self.process = e2e.start("ui", "--no-open", "--json", "--port", port, *words, cwd=cwd)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        self.address = json.loads(line)["address"]
        self.port = int(self.address.rsplit(":", 1)[1].strip("/"))

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        if body is not None and not isinstance(body, (str, bytes)):
            body = json.dumps(body)
        own = {} if method == "GET" else {"X-KernelAgent": "test", "Content-Type": "application/json"}
        connection.request(method, path, body, {**own, **{name.replace("_", "-"): value for name, value in headers.items()}})
        reply = connection.getresponse()
        content = reply.read()
        connection.close()
        return reply.status, json.loads(content) if reply.getheader("Content-Type", "").startswith("application/json") else content

    def events(self, run, **headers):
        """Yields (id, event) until the stream ends."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("GET", f"/api/v1/runs/{run}/events", headers={name.replace("_", "-"): value for name, value in headers.items()})
        reply = connection.getresponse()
        number = 0
        for line in io.TextIOWrapper(reply, encoding="utf-8"):
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("event: end"):
                return
            elif line.startswith("data: ") and '"event"' in line:
                yield number, json.loads(line[6:])

    def wait(self, run, *statuses, timeout=300):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            _, shown = self.ask("GET", f"/api/v1/runs/{run}")
            if shown["status"] in statuses and (shown["activity"] == "ended") == (statuses[0] != "running"):
                return shown
            time.sleep(0.1)
        raise AssertionError(f"still {shown['status']}: {shown['console']}")

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(20)


@contextlib.contextmanager
def serving(cwd, *words, **options):
    server = Server(cwd, *words, **options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.end(signal.SIGKILL)


def test_a_run_from_text_to_archive_while_the_server_is_killed(tmp_path):
    with serving(tmp_path) as server:
        status, made = server.ask("POST", "/api/v1/runs", {"text": RELU, "name": "relu.py", "settings": {"effort": "quick"}})
        assert status == 201, made
        run = made["run"]
        first = next(server.events(run))
        assert first[0] == 1 and first[1]["event"] == "run_started" and "resumed" not in first[1]
        port = server.port
        assert server.end(signal.SIGKILL) == -signal.SIGKILL
    with serving(tmp_path, port=port) as server:  # the run went on meanwhile
        seen = list(server.events(run, Last_Event_ID="1"))
        assert [number for number, _ in seen] == list(range(2, len(seen) + 2)), "no event twice, none lost"
        assert seen[-1][1]["event"] == "run_finished" and seen[-1][1]["status"] == "accepted", seen[-1]
        shown = server.wait(run, "accepted")
        assert shown["verdict"]["verdict"] == "accepted" and shown["certificate"]["problem"]["file"] == "relu.py"
        assert "--effort quick" in shown["command"] and shown["command"].startswith("kernelagent run /")
        status, program = server.ask("GET", f"/api/v1/runs/{run}/files/compose_out/composed_kernel.py")
        assert status == 200 and b"class ModelNew" in program
        status, archive = server.ask("GET", f"/api/v1/runs/{run}/archive")
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            assert f"{run}/compose_out/certificate.json" in tar.getnames()
        assert server.ask("DELETE", f"/api/v1/runs/{run}")[0] == 202
        assert server.ask("GET", "/api/v1/runs")[1]["total"] == 0
        assert server.end() == 0


def test_stop_resume_and_a_failing_problem(tmp_path):
    with serving(tmp_path) as server:
        run = server.ask("POST", "/api/v1/runs", {"text": RELU, "settings": {"effort": "quick"}})[1]["run"]
        waiting = server.ask("POST", "/api/v1/runs", {"text": "import torch\nraise ValueError('no problem')\n", "until": "plan"})[1]["run"]
        assert server.ask("GET", f"/api/v1/runs/{waiting}")[1]["status"] == "queued"
        assert next(server.events(run))[1]["event"] == "run_started"
        assert server.ask("POST", f"/api/v1/runs/{run}/stop")[0] == 202
        server.wait(run, "interrupted", "killed")  # killed: the signal came before the run listened
        assert server.ask("POST", f"/api/v1/runs/{run}/resume")[0] == 202
        failed = server.wait(waiting, "failed")
        assert "no problem" in failed["message"]
        assert server.wait(run, "accepted")["status"] == "accepted"
        assert server.ask("POST", f"/api/v1/runs/{waiting}/stop")[0] == 409


def test_from_words_to_a_confirmed_problem(script, tmp_path):
    script("describes")
    words = "Implement ReLU over a contiguous 1D tensor of length 64"
    with serving(tmp_path, "--model", e2e.MODEL, "--max-calls", "10") as server:
        assert server.ask("POST", "/api/v1/runs", {"words": words, "mode": "fuser"})[0] == 400, "a fuser takes a program"
        status, made = server.ask("POST", "/api/v1/runs", {"words": words, "mode": "kernel", "settings": {"effort": "quick"}})
        assert status == 201, made
        run = made["run"]
        shown = server.wait(run, "accepted")
        written = next(event for _, event in server.events(run) if event["event"] == "problem_written")
        assert "torch.relu" in written["text"] and e2e.MODEL in shown["verdict"]["qualifier"]
        assert shown["command"].startswith(f"kernelagent generate '{words}' ") and "--effort quick" in shown["command"]
        lane = server.ask("GET", f"/api/v1/runs/{run}/dialogues")[1]["lanes"][0]
        assert lane["phase"] == "problem" and [round["round"] for round in lane["rounds"]] == [1, 2]
        assert {"prompt.md", "reply.md", "feedback.md"} <= set(lane["rounds"][0]["files"])
        account = server.ask("GET", f"/api/v1/runs/{run}/ledger")[1]
        assert account["totals"]["calls"] == 2 and account["limits"]["calls"] == 10 and account["left"] == {"usd": None, "tokens": None, "calls": 8}
        found = server.ask("GET", f"/api/v1/runs/{run}/performance")[1]
        assert found["kernels"][0]["bytes"] == 2 * 64 * 4 and found["kernels"][0]["milliseconds"] is None
        assert found["roofs"]["is_example"] and found["bench"] is None and any("timed no kernel" in one for one in found["missing"])
        status, drawing = server.ask("GET", f"/api/v1/runs/{run}/roofline.svg")
        assert status == 200 and drawing.count(b"<circle") == 1 and b"not timed" in drawing
        assert server.ask("POST", f"/api/v1/runs/{run}/confirm")[0] == 202
        shown = server.wait(run, "accepted")
        assert shown["verdict"]["qualifier"] == ""


def test_a_suite_from_texts(tmp_path):
    with serving(tmp_path) as server:
        assert server.ask("POST", "/api/v1/suites", {"problems": ["no such folder"]})[0] == 400
        order = {"texts": [{"name": "relu.py", "text": RELU}, {"name": "spoilt.py", "text": "raise ValueError('spoilt')\n"}], "bench": False, "settings": {"effort": "quick"}}
        status, made = server.ask("POST", "/api/v1/suites", order)
        assert status == 202, made
        status, refused = server.ask("POST", "/api/v1/suites", order)
        assert status == 409 and "goes on already" in refused["error"]["message"]
        deadline = time.monotonic() + 200
        while (listed := server.ask("GET", "/api/v1/suites")[1])["starting"] and time.monotonic() < deadline:
            time.sleep(0.2)
        suite = listed["suites"][0]
        while (suite := server.ask("GET", f"/api/v1/suites/{suite['id']}")[1])["running"] and time.monotonic() < deadline:
            time.sleep(0.2)
        rows = {row["problem"].removeprefix("uploaded/"): row for row in suite["rows"]}
        assert rows["relu"]["status"] == "accepted" and rows["spoilt"]["status"] == "failed" and "spoilt" in rows["spoilt"]["reason"], suite
        assert server.ask("GET", f"/api/v1/runs/{rows['relu']['run']}")[1]["status"] == "accepted"
        assert server.ask("POST", f"/api/v1/suites/{suite['id']}/stop")[0] == 409
        assert server.ask("POST", "/api/v1/suites", {**order, "settings": {"seeds": "many"}})[0] == 202
        while (listed := server.ask("GET", "/api/v1/suites")[1])["starting"] and time.monotonic() < deadline:
            time.sleep(0.1)
        assert len(listed["suites"]) == 1 and "'many' is not a whole number" in listed["failure"], listed


def test_strangers_are_refused(tmp_path):
    with serving(tmp_path) as server:
        assert server.ask("GET", "/api/v1/runs", Host="evil.example")[0] == 403
        assert server.ask("GET", "/api/v1/runs", Origin="http://evil.example")[0] == 403
        assert server.ask("POST", "/api/v1/runs", {"text": "x"}, X_KernelAgent="")[0] == 403
        assert server.ask("POST", "/api/v1/runs", "x" * (3 << 20))[0] == 413
        for path in ("/%2e%2e/%2e%2e/etc/passwd", "/web/..%2f..%2fREADME.md", "/api/v1/problems/examples/..%2f..%2fREADME.md"):
            assert server.ask("GET", path)[0] == 404, path
        assert not (tmp_path / ".fuse/pasted").exists()
        second = e2e.call("ui", "--no-open", "--port", server.port, cwd=tmp_path, timeout=20)
        assert second.returncode == 3 and f"port {server.port}" in second.stderr, "two servers do not share a port"
    done = e2e.call("ui", "--no-open", "--host", "0.0.0.0", "--port", 0, cwd=tmp_path)
    assert done.returncode == 2 and "--token" in done.stderr
    with serving(tmp_path, "--token", "open-sesame") as server:
        assert server.ask("GET", "/api/v1/health")[0] == 401
        assert server.ask("GET", "/api/v1/health", Authorization="Bearer open-sesame")[0] == 200
        assert server.ask("GET", "/?token=open-sesame")[0] == 303


def test_the_description_is_valid(tmp_path):
    validator = pytest.importorskip("openapi_spec_validator")
    with serving(tmp_path) as server:
        validator.validate(server.ask("GET", "/api/v1/openapi.json")[1])


def test_no_request_hides_in_the_body_of_another(tmp_path):
    """What another site may send without being asked: a request that is refused, whose body looks like one that would be answered."""
    with serving(tmp_path) as server:
        hidden = f"POST /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nX-KernelAgent: 1\r\nContent-Length: 15\r\n\r\n" + '{"text": "x=1"}'
        for line, status in {"POST /api/v1/runs": 403, "GET /api/v1/health": 200, "OPTIONS /api/v1/runs": 405, "TRACE /": 403}.items():
            for body, pause in ((hidden, 0.3), ("\n" * 12_000 + hidden * 50, 0)):
                with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
                    origin = "Origin: http://evil.example\r\n" if status == 403 else ""
                    connection.sendall(f"{line} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{origin}Content-Length: {len(body)}\r\n\r\n".encode())
                    time.sleep(pause)
                    heard = b""
                    with contextlib.suppress(ConnectionError):  # it was closed before everything was read
                        connection.sendall(body.encode())
                        while piece := connection.recv(1 << 16):
                            heard += piece
                assert heard.count(b"HTTP/1.1 ") <= 1 and heard.startswith(f"HTTP/1.1 {status} ".encode() if heard else b""), heard
        assert server.ask("GET", "/api/v1/runs")[1]["total"] == 0


def test_a_request_without_a_body_is_answered_at_once(tmp_path):
    with serving(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(f"PATCH /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nX-KernelAgent: 1\r\n\r\n".encode())
        heard = b"".join(iter(lambda: connection.recv(1 << 16), b""))
        assert heard.startswith(b"HTTP/1.1 405") and b"\r\nAllow: GET, POST\r\n" in heard, heard


def test_many_followers_and_a_dead_one(tmp_path):
    """Fifty follow ten thousand events, one of them never reads; the server stays small and answers others."""
    with serving(tmp_path) as server:
        run = server.ask("POST", "/api/v1/runs", {"text": "x = 1\n", "until": "trace"})[1]["run"]
        server.wait(run, "failed")
        events = tmp_path / ".fuse" / run / "events.jsonl"
        line = json.dumps({"time": "2026-01-01T00:00:00Z", "event": "warned", "message": "m" * 80}) + "\n"
        events.write_text(line * 10_000)
        dead = http.client.HTTPConnection("127.0.0.1", server.port)
        dead.request("GET", f"/api/v1/runs/{run}/events")
        counts = []
        threads = [threading.Thread(target=lambda: counts.append(sum(1 for _ in server.events(run)))) for _ in range(50)]
        for thread in threads:
            thread.start()
        began = time.monotonic()
        assert server.ask("GET", "/api/v1/health")[0] == 200
        assert time.monotonic() - began < 5
        for thread in threads:
            thread.join()
        assert counts == [10_000] * 50
        if "libasan" in pathlib.Path(f"/proc/{server.process.pid}/maps").read_text():
            return  # it keeps what was freed, and says nothing about memory
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        peak = int(next(row for row in status.splitlines() if row.startswith("VmHWM")).split()[1])
        assert peak < 200 << 10, f"{peak} KiB"
        dead.close()


# --- the protocol for agents ---------------------------------------------------------------------------------------------


def talk(cwd, *messages, answers):
    """Writes messages to `kernelagent mcp`, reads until so many answers have come; returns (answers by id, notifications)."""
    process = subprocess.Popen([e2e.BINARY, "mcp"], cwd=cwd, env=e2e.environment(), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    got, notes = {}, []
    with process:
        for message in messages:
            process.stdin.write((message if isinstance(message, str) else json.dumps({"jsonrpc": "2.0", **message})) + "\n")
        process.stdin.flush()
        while len(got) < answers:
            line = process.stdout.readline()
            assert line, "it ended early"
            heard = json.loads(line)
            if "id" in heard:
                got[heard["id"]] = heard
            else:
                notes.append(heard)
        process.stdin.close()
        assert process.wait(20) == 0
    return got, notes


def test_mcp_by_hand(tmp_path):
    (tmp_path / "relu.py").write_text(RELU)
    wrong = "import torch\nimport triton\nimport triton.language as tl\n\n\ndef kernel_function(x):\n    return torch.relu(x)\n"
    call = lambda number, name, arguments, **meta: {"id": number, "method": "tools/call", "params": {"name": name, "arguments": arguments, **meta}}
    got, notes = talk(
        tmp_path,
        {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}},
        {"method": "notifications/initialized"},
        {"id": 2, "method": "tools/list"},
        {"id": 3, "method": "ping"},
        {"id": 4, "method": "no/such"},
        call(5, "no_such_tool", {}),
        call(6, "plan", {"problem": "relu.py", "colour": "red"}),
        call(7, "run_status", {"run": "run_x"}),
        call(8, "trace", {"problem": "relu.py"}),
        call(9, "verify", {"problem": "relu.py", "kernel_text": wrong, "effort": "quick"}, _meta={"progressToken": "p"}),
        "this is no JSON",
        answers=10,
    )
    assert got[1]["result"]["protocolVersion"] == "2025-06-18" and got[1]["result"]["serverInfo"]["name"] == "kernelagent"
    assert [tool["name"] for tool in got[2]["result"]["tools"]] == ["trace", "plan", "generate", "verify", "bench", "run", "run_status"]
    assert got[3]["result"] == {} and got[4]["error"]["code"] == -32601 and got[5]["error"]["code"] == -32602
    assert got[6]["result"]["isError"] and "colour" in got[6]["result"]["content"][0]["text"]
    assert got[7]["result"]["isError"] and "run_x" in got[7]["result"]["content"][0]["text"]
    assert got[None]["error"]["code"] == -32700
    assert not got[8]["result"]["isError"] and "aten.relu" in json.dumps(got[8]["result"]["structuredContent"])
    verdict = got[9]["result"]["structuredContent"]
    assert not got[9]["result"]["isError"] and verdict["verdict"] != "accepted" and verdict["reason"]
    assert notes and all(note["params"]["progressToken"] == "p" for note in notes)
