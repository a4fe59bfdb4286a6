"""The tools for coding agents and the protocol's official client library, over standard input and output and over HTTP: every tool is listed
and called, and tells how far it is."""

import asyncio
import contextlib
import json
import os

import e2e
import pytest
from test_ui_server import RELU, serving

mcp = pytest.importorskip("mcp")
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402
from mcp.client.streamable_http import streamable_http_client  # noqa: E402

TOOLS = {"trace", "plan", "generate", "verify", "bench", "run", "run_status"}


@contextlib.asynccontextmanager
async def over_stdio(folder):
    server = StdioServerParameters(command=str(e2e.BINARY), args=["mcp", "--model", e2e.MODEL], env=e2e.environment(), cwd=str(folder))
    async with stdio_client(server) as streams, mcp.ClientSession(*streams) as session:
        yield session


@contextlib.asynccontextmanager
async def over_http(folder):
    with serving(folder, "--model", e2e.MODEL) as server:
        async with streamable_http_client(server.address + "mcp") as streams, mcp.ClientSession(*streams[:2]) as session:
            yield session


@pytest.mark.parametrize("connect", [over_stdio, over_http])
def test_the_official_client_calls_every_tool(connect, tmp_path, monkeypatch):
    monkeypatch.setenv("SCRIPT", str(e2e.ROOT / "tests/agent/describes"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    (tmp_path / "relu.py").write_text(RELU)
    called, heard = {}, {}

    async def converse():
        async with connect(tmp_path) as session:
            await session.initialize()

            async def call(name, **arguments):
                async def progress(done, total, message):
                    heard.setdefault(name, []).append((done, message))

                called[name] = await session.call_tool(name, arguments, progress_callback=progress)
                return called[name]

            assert {tool.name for tool in (await session.list_tools()).tools} == TOOLS
            await asyncio.gather(call("trace", problem="relu.py"), call("plan", problem="relu.py"))
            await call("generate", words="Implement ReLU over a contiguous 1D tensor of length 64", effort="quick")
            run = json.loads((await call("run", problem="relu.py", effort="quick", wait=True)).content[0].text)["run"]
            for name in ("run_status", "verify", "bench"):
                await call(name, run=run)
            wrong = await session.call_tool("plan", {"problem": "../elsewhere.py"})
            assert wrong.is_error and "elsewhere.py" in wrong.content[0].text

    asyncio.run(converse())
    assert set(called) == TOOLS
    results = {name: result.structured_content for name, result in called.items() if name != "bench"}
    assert all(not called[name].is_error for name in results), called
    assert results["trace"] and len(results["plan"]["subgraphs"]) == 1
    assert results["generate"]["success"] and os.path.exists(tmp_path / results["generate"]["kernel_path"])
    assert results["run_status"]["status"] == "accepted" and os.path.exists(results["run_status"]["program"])
    assert results["verify"]["verdict"] == "accepted"
    assert "GPU" in called["bench"].content[0].text or "time" in called["bench"].content[0].text
    assert any("run_finished" in message for _, message in heard["run"])
    for name in ("generate", "run", "verify"):
        steps = [step for step, _ in heard[name]]
        assert steps == sorted(set(steps)), f"{name}'s progress only grows"
