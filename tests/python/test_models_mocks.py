"""The program against mock servers of the vendors' APIs that other people wrote: llmock, which injects faults and grades its client, and
fakellm. Skipped where they are not installed (./dev installs them beside pytest)."""

import contextlib
import importlib.util
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KERNELAGENT_BIN", ROOT / "build/release/kernelagent")).resolve()
KEY = "sk-very-secret-0123456789abcdef"

pytestmark = pytest.mark.skipif(not BINARY.exists(), reason=f"{BINARY} is not built")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.read()


@contextlib.contextmanager
def server(module, arguments, health, folder):
    """Runs `python -c "import module's program"` until it answers at `health`; yields its root URL."""
    if importlib.util.find_spec(module.split(".")[0]) is None:
        pytest.skip(f"{module.split('.')[0]} is not installed")
    port = free_port()
    program, entry = module.split(":")
    command = [sys.executable, "-c", f"import sys; from {program} import {entry}; sys.argv[0] = '{program}'; sys.exit({entry}())",
               "serve", "--port", str(port), *arguments]
    with open(folder / "server.log", "w") as log:
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    root = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                fetch(root + health)
                break
            assert running.poll() is None, (folder / "server.log").read_text()
            time.sleep(0.1)
        yield root
    finally:
        running.terminate()
        running.wait(20)


@pytest.fixture(scope="module")
def llmock(tmp_path_factory):
    with server("llmock.cli:app", ["--response-style", "static", "--stream-chunk-delay-ms", "20"], "/health", tmp_path_factory.mktemp("llmock")) as root:
        yield root


@pytest.fixture(scope="module")
def fakellm(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fakellm")
    (folder / "fakellm.yaml").write_text(
        "version: 1\nrules:\n"
        "  - name: relu\n    when: {messages_contain: relu}\n    respond: {content: \"def relu(x):\\n    return x\"}\n")
    with server("fakellm.cli:main", [], "/_fakellm/stats", folder) as root:
        yield root


def ask(model, question, *arguments, **settings):
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERNELAGENT_", "OPENAI_", "ANTHROPIC_", "LLM_"))}
    variables = {**kept, "OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY, "KERNELAGENT_LLM_BACKOFF_S": "0.2",
                 "KERNELAGENT_LLM_IDLE_S": "3", **{k: str(v) for k, v in settings.items()}}
    done = subprocess.run([BINARY, "ask", "--json", model, question, *map(str, arguments)], env=variables, capture_output=True, text=True,
                          timeout=300)
    assert KEY not in done.stdout + done.stderr
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    return done.returncode, answer["replies"], answer["totals"]


MODELS = {"openai/gpt-5": "/v1", "openai-chat/gpt-4o": "/v1", "anthropic/claude-sonnet-4-5": "/anthropic"}


def ask_llmock(root, model, *arguments, behaviours=(), **settings):
    """Asks llmock's server under a script of behaviours; returns the outcome, and llmock's verdict about us."""
    fetch(root + "/_llmock/reset", {})
    if behaviours:
        fetch(root + "/_llmock/scenario", {"behaviors": list(behaviours)})
    url = root + MODELS[model]
    outcome = ask(model, "Write a kernel.", *arguments, OPENAI_BASE_URL=url, ANTHROPIC_BASE_URL=url, **settings)
    return *outcome, json.loads(fetch(root + "/_llmock/verdict"))


@pytest.mark.parametrize("model", MODELS)
def test_llmock_replies(llmock, model):
    code, replies, totals, verdict = ask_llmock(llmock, model, "--system", "Be brief.", "--max-tokens", 4000)
    assert code == 0 and replies[0]["text"] and replies[0]["finish"] == "stop", replies
    assert totals["input_tokens"] > 0 and totals["output_tokens"] > 0 and totals["usd"] > 0
    assert not verdict["findings"], verdict


FAULTS = {
    "rate limit": [{"type": "fail", "status": 429, "retry_after": 1, "times": 2}],
    "500": [{"type": "fail", "status": 500}],
    "503": [{"type": "fail", "status": 503, "times": 2}],
    "overloaded": [{"type": "fail", "status": 529}],
    "disconnect": [{"type": "stream_fault", "kind": "disconnect", "after_chunks": 2}],
    "truncate": [{"type": "stream_fault", "kind": "truncate", "after_chunks": 2}],
    "malformed": [{"type": "stream_fault", "kind": "malformed", "after_chunks": 2}],
    "stall": [{"type": "stream_fault", "kind": "stall", "after_chunks": 2, "stall_seconds": 20}],
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("model", MODELS)
def test_llmock_faults(llmock, model, fault):
    code, replies, _, verdict = ask_llmock(llmock, model, behaviours=FAULTS[fault])
    assert code == 0 and replies[0].get("finish") == "stop", replies
    assert not verdict["findings"], verdict


@pytest.mark.parametrize("status, expected", [(401, 2), (404, 2), (422, 2)])
@pytest.mark.parametrize("model", MODELS)
def test_llmock_lasting_mistakes(llmock, model, status, expected):
    code, replies, _, verdict = ask_llmock(llmock, model, behaviours=[{"type": "fail", "status": status, "times": None}])
    assert code == expected and f"HTTP {status}" in replies[0]["error"]
    assert not verdict["findings"], verdict


def test_llmock_sixteen_at_once(llmock):
    code, replies, totals, verdict = ask_llmock(llmock, "openai/gpt-5", "--copies", 16)
    assert code == 0 and len(replies) == 16 and totals["calls"] == 16, replies
    assert not [f for f in verdict["findings"] if f["severity"] == "error"], verdict


@pytest.mark.parametrize("model, path", [("openai-chat/gpt-4o", "/v1"), ("anthropic/claude-sonnet-4-5", "")])
def test_fakellm(fakellm, model, path):
    url = fakellm + path
    code, replies, totals = ask(model, "Write relu.", OPENAI_BASE_URL=url, ANTHROPIC_BASE_URL=url)
    assert (code, replies[0]["text"], replies[0]["finish"]) == (0, "def relu(x):\n    return x", "stop"), replies
    assert totals["unreported"] == 0 or model.startswith("openai-chat")
