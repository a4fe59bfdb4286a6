"""The program against a model service that misbehaves: what is retried, what is not, what is waited for, what stays secret."""

import json
import os
import pathlib
import random
import signal
import subprocess
import time

import pytest
from model_server import (ModelServer, chat_events, document, endless, hang_up, reply, silence, status, stream)

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KERNELAGENT_BIN", ROOT / "build/release/kernelagent")).resolve()
KEY = "sk-very-secret-0123456789abcdef"

pytestmark = pytest.mark.skipif(not BINARY.exists(), reason=f"{BINARY} is not built")


def environment(server, **settings):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERNELAGENT_", "OPENAI_", "ANTHROPIC_", "LLM_"))}
    fast = {"KERNELAGENT_LLM_BACKOFF_S": "0.01", "KERNELAGENT_LLM_ATTEMPTS": "4", "KERNELAGENT_LLM_CONNECT_S": "20"}
    return {**kept, **fast, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY, **{k: str(v) for k, v in settings.items()}}


def ask(server, *arguments, model="openai-chat/mock", folder=None, **settings):
    """Returns (exit code, replies, totals) and checks that the key shows nowhere."""
    done = subprocess.run([BINARY, "ask", "--json", model, "What?", *map(str, arguments)], env=environment(server, **settings),
                          capture_output=True, text=True, timeout=120, cwd=folder)
    assert KEY not in done.stdout + done.stderr
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    return done.returncode, answer["replies"], answer["totals"]


def test_a_reply_with_its_tokens():
    with ModelServer(reply("hello world")) as server:
        code, replies, totals = ask(server, "--system", "Be short.", "--max-tokens", 50, "--temperature", "0.5")
    assert (code, replies[0]["text"], replies[0]["finish"]) == (0, "hello world", "stop")
    assert (totals["input_tokens"], totals["output_tokens"], totals["unpriced"]) == (10, 5, 1)
    call = server.calls[0]
    assert call.path == "/v1/chat/completions" and call.headers["authorization"] == f"Bearer {KEY}"
    assert call.json == {"model": "mock", "messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "What?"}],
                         "max_tokens": 50, "temperature": 0.5, "stream": True, "stream_options": {"include_usage": True}}


@pytest.mark.parametrize("fault", [status(500), status(502), status(503), status(529), status(429), hang_up(),
                                   reply(cut_after=1), stream([b'{"choices": [{"delta": {"con']), stream([]), document({}),
                                   stream([{"error": {"message": "busy", "type": "overloaded_error"}}])],
                         ids=["500", "502", "503", "529", "429", "hang-up", "half", "malformed", "empty", "no-choices", "in-stream"])
def test_passing_faults_are_retried(fault):
    with ModelServer(fault, fault, reply("at last")) as server:
        code, replies, totals = ask(server)
    assert (code, replies[0].get("text")) == (0, "at last"), replies
    assert (len(server.calls), totals["calls"], totals["failed"]) == (3, 1, 0)


@pytest.mark.parametrize("fault, says", [(reply(cut_after=2), "the connection broke"), (status(529), "HTTP 529: no (mock)")],
                         ids=["half", "529"])
def test_lasting_faults_end_after_all_tries(fault, says):
    with ModelServer(fault) as server:
        code, replies, totals = ask(server)
    assert code == 3 and replies[0]["error"].startswith(f"openai-chat/mock gave no reply after 4 tries: {says}")
    assert (len(server.calls), totals["calls"], totals["failed"]) == (4, 1, 1)


@pytest.mark.parametrize("fault, code, says", [
    (status(401, {"message": f"Incorrect API key provided: {KEY}"}), 2, "the service refuses the key (HTTP 401)"),
    (status(404), 2, "the service has no such model or address (HTTP 404)"),
    (status(400), 2, "the service cannot answer this request (HTTP 400)"),
    (status(429, {"message": "pay", "code": "insufficient_quota"}), 3, "the account has nothing left to spend"),
    (document(b"<html>login</html>", "text/html"), 2, "the service sent something that is no model's reply (text/html)"),
    (status(302, headers=["Location: http://127.0.0.1:1/"]), 2, "the service redirects (HTTP 302), which is not followed")],
    ids=["401", "404", "400", "quota", "html", "redirect"])
def test_lasting_mistakes_are_not_retried(fault, code, says):
    with ModelServer(fault) as server:
        got, replies, _ = ask(server)
    assert (got, len(server.calls)) == (code, 1)
    assert says in replies[0]["error"]


def test_a_long_prompt_and_a_refusal_are_replies():
    with ModelServer(status(400, {"message": "too long", "code": "context_length_exceeded"}),
                     stream(list(chat_events("", finish="content_filter")))) as server:
        assert ask(server)[1][0]["finish"] == "context"
        assert ask(server)[1][0]["finish"] == "refusal"


def test_retry_after_is_waited_for_by_everybody():
    with ModelServer(status(429, headers=["Retry-After: 1.5"]), reply()) as server:
        code, replies, _ = ask(server, "--copies", 6, KERNELAGENT_LLM_PARALLEL=1)
    assert code == 0 and len(replies) == 6
    assert server.calls[1].time - server.calls[0].time >= 1.5


def test_silence_ends_in_time():
    with ModelServer(silence(), reply(stall_after=1), reply("at last")) as server:
        begin = time.monotonic()
        code, replies, _ = ask(server, KERNELAGENT_LLM_FIRST_BYTE_S=1, KERNELAGENT_LLM_IDLE_S=1)
    assert (code, replies[0].get("text")) == (0, "at last"), replies
    assert 2 <= time.monotonic() - begin < 30


@pytest.mark.parametrize("fault", [endless(), endless(code=500), endless(piece=b"data: {\"choices\": []}\n\n" * 4000)],
                         ids=["event", "error", "stream"])
def test_giant_replies_are_bounded(fault):
    with ModelServer(fault) as server:
        code, replies, _ = ask(server, KERNELAGENT_LLM_ATTEMPTS=1)
    assert code == 3 and "16" in replies[0]["error"]


@pytest.mark.parametrize("answer", [reply("hello", content_type="text/plain"), reply("hello", bytewise=True),
                                    document({"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}, "text/html")],
                         ids=["stream-as-plain", "bytewise", "document"])
def test_odd_but_whole_replies_are_taken(answer):
    with ModelServer(answer) as server:
        assert ask(server)[1][0]["text"] == "hello"


def test_calls_in_flight_are_limited():
    with ModelServer(reply(delay=0.05)) as server:
        code, replies, _ = ask(server, "--copies", 20, KERNELAGENT_LLM_PARALLEL=4)
    assert code == 0 and len(replies) == 20
    assert server.most_open == 4


def test_calls_a_minute_are_limited():
    with ModelServer(reply()) as server:
        ask(server, "--copies", 9, KERNELAGENT_LLM_RPM=240)
    times = [call.time for call in server.calls]
    assert times[-1] - times[0] >= 1  # 2 s, less what the first was late; at once without a limit


def test_the_budget_stops_calls():
    with ModelServer(stream(list(chat_events("hello", usage=(20, 6000))))) as server:
        code, replies, totals = ask(server, "--copies", 5, "--budget", "25ktokens", "--max-tokens", 10000)
        refused = [r for r in replies if "error" in r]
        assert code == 3 and totals["calls"] == 4 and totals["input_tokens"] + totals["output_tokens"] <= 25000
        assert len(refused) == 5 - totals["calls"] and "the budget of 25000 tokens is spent" in refused[0]["error"]
        assert ask(server, "--copies", 5, "--max-calls", 2)[2]["calls"] == 2


def test_interruption_hangs_up():
    with ModelServer(reply("x" * 400, delay=0.1)) as server:
        slow = stream(list(chat_events("x" * 400, pieces=200)), delay=0.1)
        server.script = [slow]
        running = subprocess.Popen([BINARY, "ask", "openai-chat/mock", "What?"], env=environment(server), stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        assert running.stdout.read(2) == b"xx"
        running.send_signal(signal.SIGINT)
        assert running.wait(20) == 130
        deadline = time.monotonic() + 10
        while not server.calls[0].hung_up and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.calls[0].hung_up
        running.stdout.close(), running.stderr.close()


def test_a_kill_pays_no_reply_twice(tmp_path):
    chance = random.Random(1)
    copies = 12
    with ModelServer(reply(delay=0.02)) as server:
        for turn in range(8):
            session = tmp_path / f"run{turn}"
            command = [BINARY, "ask", "--json", "openai-chat/mock", "What?", "--copies", str(copies), "--session", str(session)]
            settings = environment(server, KERNELAGENT_LLM_PARALLEL=3)
            running = subprocess.Popen(command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.02, 0.5))
            running.kill()
            running.wait()
            time.sleep(0.2)
            kept = len(list((session / "llm_calls").glob("*.json"))) if session.exists() else 0
            before = len(server.calls)
            done = subprocess.run(command, env=settings, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stderr
            assert len(server.calls) - before == copies - kept
            totals = json.loads(done.stdout)["totals"]
            assert (totals["calls"], totals["reused"]) == (copies, kept)
            assert not [p for p in session.rglob("*") if p.name.endswith(".tmp")] or kept < copies
            lines = [json.loads(line) for line in (session / "ledger.jsonl").read_text().splitlines()]
            assert len({line["call"] for line in lines}) == len(lines) == copies


def test_keys_stay_out_of_everything(tmp_path):
    with ModelServer(status(401, {"message": f"bad key {KEY}"}), status(400, KEY.encode()), stream(list(chat_events(KEY + " said"))),
                     reply()) as server:
        for _ in range(4):
            ask(server, "--session", tmp_path / "run", "--record", tmp_path / "calls.jsonl", folder=tmp_path, LOG_LEVEL="trace")
        (tmp_path / ".env").write_text(f"OPENAI_API_KEY={KEY}\n")
        listing = subprocess.run([BINARY, "models", "--probe", "--json"], env=environment(server), cwd=tmp_path, capture_output=True, text=True)
        assert KEY not in listing.stdout + listing.stderr
    (tmp_path / ".env").unlink()
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) == 3  # the ledger, one reply, the transcript
    assert not [path for path in written if KEY.encode() in path.read_bytes()]


def test_probe_tells_what_answers(tmp_path):
    with ModelServer(document({"data": [{"id": "a"}, {"id": "b"}]})) as server:
        settings = {k: v for k, v in environment(server).items()}
        done = subprocess.run([BINARY, "models", "--probe", "--json"], env=settings, cwd=tmp_path, capture_output=True, text=True)
        services = {row["prefix"]: row for row in json.loads(done.stdout)["services"]}
        assert done.returncode == 0
        assert services["openai"]["answer"] == services["openai-chat"]["answer"] == "answers, lists 2 models"
        assert services["openai"]["key"] == "present" and services["anthropic"]["key"] == "missing"
        assert "answers" not in services["anthropic"] and server.calls[0].path == "/v1/models"
    done = subprocess.run([BINARY, "models", "--probe"], env=settings, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 3 and "NO: the service cannot be reached" in done.stdout


def test_the_relay():
    with ModelServer(document([{"output": "hello", "plugboard_request_id": "1"}])) as server:
        root = server.url.removesuffix("/v1")
        code, replies, _ = ask(server, model="relay/gpt-5", LLM_RELAY_URL=root, LLM_RELAY_TIMEOUT_S=30)
    assert (code, replies[0]["text"], server.calls[0].path) == (0, "hello", "/")
    assert server.calls[0].json["model"] == "gpt-5" and "authorization" not in server.calls[0].headers
