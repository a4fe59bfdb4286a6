"""`kernelagent mcp` and the protocol's official client library: every tool is listed and called."""

import asyncio
import json
import os

import e2e
import pytest
from test_ui_server import RELU

mcp = pytest.importorskip("mcp")
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402


def test_the_official_mcp_client_calls_every_tool(tmp_path):
    (tmp_path / "relu.py").write_text(RELU)
    heard = []

    async def progress(done, total, message):
        heard.append(message)

    async def converse():
        server = StdioServerParameters(command=str(e2e.BINARY), args=["mcp"], env=e2e.environment(), cwd=str(tmp_path))
        async with stdio_client(server) as streams, mcp.ClientSession(*streams) as session:
            await session.initialize()
            names = {tool.name for tool in (await session.list_tools()).tools}
            called = {}
            for name, arguments in [("trace", {"problem": "relu.py"}), ("plan", {"problem": "relu.py"}), ("run", {"problem": "relu.py", "effort": "quick", "wait": True})]:
                called[name] = await session.call_tool(name, arguments, progress_callback=progress)
            run = json.loads(called["run"].content[0].text)["run"]
            for name, arguments in [("run_status", {"run": run}), ("verify", {"run": run}), ("bench", {"run": run})]:
                called[name] = await session.call_tool(name, arguments)
            return names, called

    names, called = asyncio.run(converse())
    assert names == set(called)
    results = {name: json.loads(result.content[0].text) if name != "bench" else result.content[0].text for name, result in called.items()}
    assert results["run_status"]["status"] == "accepted", results["run_status"]
    assert os.path.exists(results["run_status"]["program"])
    assert results["verify"]["verdict"] == "accepted" and len(results["plan"]["subgraphs"]) == 1
    assert "GPU" in results["bench"] or "time" in results["bench"]
    assert any("run_finished" in message for message in heard)
