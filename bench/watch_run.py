#!/usr/bin/env python3
"""Measures what watching costs: fifty clients on a run of 10,000 events, and the page of a plan of 400 subgraphs.

    python3 bench/watch_run.py build/release/kernelagent --out bench/results/watching.json

The run is a process that computes, appends an event, computes: with nobody watching and with fifty clients in turns, so that both meet the
same load. The clients are one process of their own. The page is looked at where the package playwright and Debian's chromium are installed.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import fcntl
import json
import os
import pathlib
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

EVENTS, CLIENTS, SUBGRAPHS, CANDIDATES = 10_000, 50, 400, 4_000
WORK = 6_000  # squares between two events: a run of some seconds; real ones take longer for as many
EVENT = json.dumps({"time": "2026-01-01T00:00:00Z", "event": "warned", "message": "m" * 80}) + "\n"


def play_run(folder):
    """Is the run: holds its lock, works, and appends events as a run does; prints its wall and processor time."""
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        print("begun", flush=True)
        wall, processor = time.monotonic(), time.process_time()
        for _ in range(EVENTS):
            sum(i * i for i in range(WORK))
            with open(folder / "events.jsonl", "a") as file:
                file.write(EVENT)
        print(json.dumps([time.monotonic() - wall, time.process_time() - processor]))


def follow(port, run):
    """Is the clients: follows the run until every stream has ended; prints how many events each was sent."""
    wait, counts, rest = selectors.DefaultSelector(), {}, {}
    for client in range(CLIENTS):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(f"GET /api/v1/runs/{run}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        wait.register(connection, selectors.EVENT_READ, client)
        counts[client], rest[client] = 0, b""
    print("following", flush=True)
    while wait.get_map():
        for key, _ in wait.select():
            piece = key.fileobj.recv(1 << 20)
            text = rest[key.data] + piece
            counts[key.data] += text.count(b"\nid: ")
            rest[key.data] = text[-4:]  # shorter than what is looked for
            if not piece:
                wait.unregister(key.fileobj)
    print(json.dumps(list(counts.values())))


class Server:
    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, "ui", "--no-open", "--json", "--port", "0", "--python", sys.executable], cwd=folder, text=True, stdout=subprocess.PIPE)
        self.address = json.loads(self.process.stdout.readline())["address"]
        self.port = int(self.address.rsplit(":", 1)[1].strip("/"))

    def make_run(self):
        """Makes a run that ends at once; returns its id."""
        request = urllib.request.Request(self.address + "api/v1/runs", json.dumps({"text": "x = 1\n", "until": "trace"}).encode(), {"X-KernelAgent": "bench"})
        run = json.load(urllib.request.urlopen(request))["run"]
        while json.load(urllib.request.urlopen(f"{self.address}api/v1/runs/{run}"))["activity"] != "ended":
            time.sleep(0.2)
        return run

    def figures(self):
        """Returns the processor time in seconds and the peak of resident memory in MiB."""
        ticks = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
        rows = pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK"), int(next(row for row in rows if row.startswith("VmHWM")).split()[1]) / 1024


@contextlib.contextmanager
def serving(program):
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        try:
            yield server, pathlib.Path(folder) / ".fuse"
        finally:
            server.process.kill()
            server.process.wait()


def part(name, *words):
    return subprocess.Popen([sys.executable, __file__, "--part", name, *map(str, words)], text=True, stdout=subprocess.PIPE)


def watching(program, turns):
    """Times the run in turns, alone and watched."""
    times, used, sent = {"alone": [], "watched": []}, [], set()
    with serving(program) as (server, runs):
        run = server.make_run()
        for turn in range(2 * turns):
            (runs / run / "events.jsonl").write_text("")
            watched = turn % 2 == 1
            before, _ = server.figures()
            played = part("run", runs / run)
            played.stdout.readline()
            if watched:
                clients = part("clients", server.port, run)
                clients.stdout.readline()
            times["watched" if watched else "alone"].append(json.loads(played.communicate()[0]))
            if watched:
                sent.update(json.loads(clients.communicate()[0]))
                used.append(server.figures()[0] - before)
        peak = server.figures()[1]
    wall, processor = ({kind: statistics.median(row[at] for row in rows) for kind, rows in times.items()} for at in (0, 1))
    return {"events": EVENTS, "clients": CLIENTS, "events_sent_to_each": sorted(sent), "turns": turns,
            "run_wall_seconds": {kind: round(value, 3) for kind, value in wall.items()},
            "run_processor_seconds": {kind: round(value, 3) for kind, value in processor.items()},
            "run_slower_by": {"wall": round(wall["watched"] / wall["alone"] - 1, 4), "processor": round(processor["watched"] / processor["alone"] - 1, 4)},
            "server_processor_seconds": round(statistics.median(used), 2), "server_peak_mib": round(peak, 1)}


FRAMES = """async (steps) => {
  const longest = [];
  let last = performance.now();
  for (let i = 0; i < steps; ++i) {
    scrollBy(0, 80);
    await new Promise(requestAnimationFrame);
    longest.push(performance.now() - last);
    last = performance.now();
  }
  return longest.slice(2);
}"""


def page(program):
    """Times the first paint and the frames of scrolling through a plan of many subgraphs."""
    from playwright.sync_api import sync_playwright

    with serving(program) as (server, runs), sync_playwright() as playwright:
        run = server.make_run()
        head = {"time": "2026-01-01T00:00:00Z"}
        events = [{**head, "event": "run_started", "run": run}]
        events += [{**head, "event": "subgraph_planned", "id": f"sg_{i:03}", "title": "relu", "type": "map", "inputs": "x", "outputs": "y"} for i in range(SUBGRAPHS)]
        events += [{**head, "event": "candidate_judged", "subgraph": f"sg_{i % SUBGRAPHS:03}", "author": "codegen", "number": 1 + i // SUBGRAPHS, "verdict": "accepted",
                    "bound_used": 0.1} for i in range(CANDIDATES)]
        (runs / run / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
        nodes = "".join(f'<g id="node{i}" class="node"><title>s{i}</title><polygon points="0,{i * 40} 90,{i * 40} 90,{i * 40 + 30} 0,{i * 40 + 30}" fill="#dcebf7"/></g>'
                        for i in range(SUBGRAPHS))
        (runs / run / "plan.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" width="100pt" height="12000pt" viewBox="0 0 100 16000">{nodes}</svg>')
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        paints = []
        for _ in range(5):
            shown = browser.new_page()
            shown.goto(server.address)
            shown.locator("#problem").wait_for()
            paints.append(shown.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            shown.close()
        shown = browser.new_page(viewport={"width": 1280, "height": 900})
        shown.goto(f"{server.address}#/run/{run}")
        shown.locator("tbody tr button.link").nth(SUBGRAPHS - 1).wait_for(state="attached")
        shown.locator(".chip").nth(CANDIDATES - 1).wait_for(state="attached")
        frames = shown.evaluate(FRAMES, 200)
        browser.close()
    return {"first_paint_ms": {"median": round(statistics.median(paints)), "most": round(max(paints))}, "subgraphs": SUBGRAPHS, "candidates": CANDIDATES,
            "scroll_frame_ms": {"median": round(statistics.median(frames), 1), "p95": round(statistics.quantiles(frames, n=20)[-1], 1), "most": round(max(frames), 1)}}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernelagent", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    program = options.kernelagent.resolve()
    named = json.loads(subprocess.run([program, "version", "--json"], capture_output=True, text=True, check=True).stdout)
    record = {"date": datetime.date.today().isoformat(), "kernelagent": f"{named['version']} ({named['commit']})", "processors": os.cpu_count(),
              "load_before": [round(value, 1) for value in os.getloadavg()], "watching": watching(program, options.turns)}
    try:
        record["page"] = page(program)
    except ImportError:
        print("watch_run: no playwright, so the page was not looked at", file=sys.stderr)
    record["load_after"] = [round(value, 1) for value in os.getloadavg()]
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--part"]:
        play_run(pathlib.Path(sys.argv[3])) if sys.argv[2] == "run" else follow(int(sys.argv[3]), sys.argv[4])
    else:
        main()
