"""A model service on loopback that misbehaves as told: every request takes the next behaviour of a script, or the last one again.

A behaviour is a coroutine (server, call) that writes raw HTTP; the functions below make them.
"""

import asyncio
import contextlib
import json
import threading
import time


class Call:
    """One request as the server saw it."""

    def __init__(self, path, headers, body, reader, writer):
        self.path, self.headers, self.body, self.reader, self.writer = path, headers, body, reader, writer
        self.time = time.monotonic()
        self.finished = False
        self.hung_up = False

    @property
    def json(self):
        return json.loads(self.body)


class ModelServer:
    """`with ModelServer(reply("hello")) as server:` serves at server.url until the end of the block."""

    def __init__(self, *script):
        self.script = list(script)
        self.calls = []
        self.open = self.most_open = 0

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        assert ready.wait(10)
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join(10)

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve(ready))

    async def _serve(self, ready):
        self.stopped = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        ready.set()
        await self.stopped.wait()
        server.close()
        for task in asyncio.all_tasks():
            if task is not asyncio.current_task():
                task.cancel()

    async def _connection(self, reader, writer):
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in head[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                call = Call(head[0].split()[1], headers, body, reader, writer)
                self.calls.append(call)
                behaviour = self.script.pop(0) if len(self.script) > 1 else self.script[0]
                self.open += 1
                self.most_open = max(self.most_open, self.open)
                try:
                    if not await behaviour(self, call):
                        break
                except ConnectionError:
                    call.hung_up = True
                    raise
                finally:
                    self.open -= 1
                call.finished = True
        writer.close()


async def send(call, status, headers, body, close=False):
    lines = [f"HTTP/1.1 {status} Status", *headers, f"Content-Length: {len(body)}", "", ""]
    call.writer.write("\r\n".join(lines).encode() + body)
    await call.writer.drain()
    return not close


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def chat_events(text, pieces=3, finish="stop", usage=(10, 5)):
    size = max(1, len(text) // pieces)
    for at in range(0, len(text), size):
        yield {"model": "mock", "choices": [{"index": 0, "delta": {"content": text[at : at + size]}, "finish_reason": None}]}
    yield {"model": "mock", "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}
    yield {"model": "mock", "choices": [], "usage": {"prompt_tokens": usage[0], "completion_tokens": usage[1]}}


def stream(events, delay=0.0, cut_after=None, stall_after=None, content_type="text/event-stream", bytewise=False):
    """Streams events; `cut_after` closes the connection after so many, `stall_after` falls silent."""

    async def behave(server, call):
        call.writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        lines = [b"data: " + (e if isinstance(e, bytes) else json.dumps(e).encode()) + b"\n\n" for e in events]
        for number, line in enumerate([*lines, b"data: [DONE]\n\n"]):
            if number == cut_after:
                return False
            if number == stall_after:
                await asyncio.sleep(60)
            pieces = [line[i : i + 1] for i in range(len(line))] if bytewise else [line]
            for piece in pieces:
                call.writer.write(chunk(piece))
                await call.writer.drain()
            if delay:
                await asyncio.sleep(delay)
            if call.writer.is_closing() or call.reader.at_eof():
                raise ConnectionError("the client hung up")
        call.writer.write(b"0\r\n\r\n")
        await call.writer.drain()
        return True

    return behave


def reply(text="hello", **options):
    return stream(list(chat_events(text)), **options)


def status(code, error=None, headers=(), content_type="application/json"):
    """An error answer; `error` is the body, as JSON unless it is bytes."""

    async def behave(server, call):
        body = error if isinstance(error, bytes) else json.dumps({"error": error or {"message": "no", "type": "mock"}}).encode()
        return await send(call, code, [f"Content-Type: {content_type}", *headers], body)

    return behave


def document(body, content_type="application/json", code=200):
    async def behave(server, call):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await send(call, code, [f"Content-Type: {content_type}"], data)

    return behave


def silence():
    """Takes the request and never answers."""

    async def behave(server, call):
        await asyncio.sleep(60)
        return False

    return behave


def hang_up():
    async def behave(server, call):
        return False

    return behave


def endless(code=200, piece=b"data: " + b"x" * 65536 + b"\n"):
    """Sends without end."""

    async def behave(server, call):
        call.writer.write(f"HTTP/1.1 {code} Status\r\nContent-Type: text/event-stream\r\n\r\n".encode())
        for _ in range(10000):
            call.writer.write(piece)
            await call.writer.drain()
        return False

    return behave
