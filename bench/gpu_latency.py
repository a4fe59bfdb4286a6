#!/usr/bin/env python3
"""Measures how long the judge takes for a small kernel on a GPU, `standard` effort, and writes the record as JSON.

    python3 bench/gpu_latency.py build/bundle/kernelagent --out bench/results/verify_latency_h100.json

Cold is the first verification of a program that has just started; warm are those that follow it in the same program, from the third on, when
spare children wait; with a fresh Python each is a `kernelagent verify` of its own, from its start to its end. Standard library only.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
KERNEL = ROOT / "tests/cli/verify_kernels/kernels/right.py"
PROBLEM = ROOT / "tests/cli/verify_kernels/problem.py"
SETTLED = 2  # verifications after which spare children are there


def figures(seconds):
    return {"median_ms": round(statistics.median(seconds) * 1e3), "least_ms": round(min(seconds) * 1e3), "most_ms": round(max(seconds) * 1e3),
            "of": len(seconds)}


def verify(options, times):
    """Verifies so many times in one program; returns the verdicts and the wall time of all."""
    command = [options.kernelagent, "verify", *[KERNEL] * times, "--problem", PROBLEM, "--json", "--target-platform", options.platform,
               "--python", options.python]
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True)
    seconds = time.monotonic() - started
    verdicts = [json.loads(line) for line in done.stdout.splitlines()] if times > 1 else [json.loads(done.stdout or "{}")]
    if done.returncode != 0:
        sys.exit(f"gpu_latency: exit {done.returncode}: {done.stderr.strip() or done.stdout[-400:]}")
    return verdicts, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernelagent", type=pathlib.Path)
    parser.add_argument("--python", default=os.environ.get("KERNELAGENT_PYTHON", "python3"))
    parser.add_argument("--platform", default="cuda")
    parser.add_argument("--repetitions", type=int, default=20)
    parser.add_argument("--fresh", type=int, default=3, help="verifications with a fresh Python (%(default)s)")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    version = json.loads(subprocess.run([options.kernelagent, "version", "--json"], check=True, capture_output=True, text=True).stdout)
    verdicts, _ = verify(options, 1 + SETTLED + options.repetitions)
    seconds = [verdict["seconds"] for verdict in verdicts]
    details = verdicts[0]["details"]
    fresh = [verify(options, 1)[1] for _ in range(options.fresh)]
    gpu = subprocess.run(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"], capture_output=True, text=True) if options.platform == "cuda" else None
    record = {"format": "kernelagent-verify-latency", "date": datetime.date.today().isoformat(), "commit": version["commit"],
              "kernel": KERNEL.name, "effort": "standard",
              "machine": {"device": gpu.stdout.splitlines()[0] if gpu else options.platform, "versions": details.get("versions"),
                          "sandbox": details.get("sandbox"), "load": round(os.getloadavg()[0], 2)},
              "warm": figures(seconds[1 + SETTLED:]), "fresh_python": figures(fresh), "cold_ms": round(seconds[0] * 1e3)}
    text = json.dumps(record, indent=2) + "\n"
    print(text, end="")
    if options.out:
        options.out.write_text(text)


if __name__ == "__main__":
    main()
