#!/usr/bin/env python3
"""Measures the program itself, writes bench/results/compile_speed.json and verify_latency.json, and shows them in README.md.

    python3 bench/measure_speed.py [compile] [latency] [table]     all three, unless some are named; `./dev bench` builds first
    python3 bench/measure_speed.py --check                         exit 1 if README.md shows anything else than the records

compile: build/release/compile_speed (parsing, planning and generating networks) and the peak memory (VmHWM) of `kernelagent run` on an
example, of the C++ process alone. latency: build/release/verify_latency. Standard library only.
"""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD, RESULTS = ROOT / "build/release", ROOT / "bench/results"
EXAMPLE = "examples/gelu_mlp.py"
KERNEL = "tests/cli/verify_kernels/kernels/right.py", "tests/cli/verify_kernels/problem.py"
START, END = "<!-- figures start -->", "<!-- figures end -->"


def peak_kib(process):
    """VmHWM of a process that still runs; 0 once it is gone."""
    try:
        lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def run_peak():
    """Peak resident memory of the C++ process of one run, in KiB: read until it ends, as its children are not to be counted."""
    with tempfile.TemporaryDirectory() as folder:
        command = [BUILD / "kernelagent", "run", ROOT / EXAMPLE, "--target-platform", "cpu", "--no-cache"]
        process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_kib(process))
            try:
                process.wait(0.01)
            except subprocess.TimeoutExpired:
                pass
        if process.returncode != 0:
            sys.exit(f"measure_speed: `kernelagent run {EXAMPLE}` exited {process.returncode}")
        return peak


def compile_speed():
    command = [BUILD / "compile_speed", "--benchmark_format=json", "--benchmark_repetitions=9", "--benchmark_report_aggregates_only=true"]
    measured = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    rows = []
    for row in measured["benchmarks"]:
        if row["aggregate_name"] == "median":
            rows.append({"operators": int(row["run_name"].split("/")[1]), "wall_ms": round(row["real_time"], 2), "cpu_ms": round(row["cpu_time"], 2),
                         "distinct_launches": int(row["distinct_launches"])})
    version = subprocess.run([BUILD / "kernelagent", "version"], check=True, capture_output=True, text=True).stdout.strip()
    return {"format": "kernelagent-compile-speed", "date": datetime.date.today().isoformat(), "program": version,
            "machine": {"cpus": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}, "repetitions": 9, "parse_plan_generate": rows,
            "run_peak": {"example": EXAMPLE, "mib": round(run_peak() / 1024, 1)}}


def latency():
    command = [BUILD / "verify_latency", *(ROOT / name for name in KERNEL)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def table():
    lines = ["| what | figure | record |", "|---|---:|---|"]
    speed, judged = (json.loads((RESULTS / f"{name}.json").read_text()) for name in ("compile_speed", "verify_latency"))
    for row in speed["parse_plan_generate"]:
        lines.append(f"| parse, plan and generate {row['operators']} operators, processor time | {row['cpu_ms']:.1f} ms | `compile_speed.json` |")
    peak = speed["run_peak"]
    lines.append(f"| peak memory of the C++ process in `kernelagent run {peak['example']}` | {peak['mib']:.0f} MiB | `compile_speed.json` |")
    for key, what in (("warm", "with a warm worker"), ("warm_processor", "the same, processor time of all workers together"),
                      ("fresh_python", "with a fresh Python each time")):
        lines.append(f"| judge a small kernel, {judged['effort']} effort, interpreter, {what} (median of {judged[key]['of']}) | "
                     f"{judged[key]['median_ms']} ms | `verify_latency.json` |")
    for path in sorted(RESULTS.glob("verify_latency_*.json")):  # on GPUs, by bench/gpu_latency.py
        record = json.loads(path.read_text())
        for key, what in (("warm", "with a warm worker"), ("fresh_python", "with a fresh Python each time, from start to end")):
            lines.append(f"| the same, {record['machine']['device']}, {what} (median of {record[key]['of']}) | {record[key]['median_ms']} ms | `{path.name}` |")
    calls = json.loads((RESULTS / "llm/overhead.json").read_text())  # by bench/llm_overhead.cpp
    stored, streams = calls["call_with_ledger_and_store_on_disk"], calls["streams"]
    lines.append(f"| a call of a model: our processor time, the ledger and the stored reply included (mean of {stored['calls']}) | "
                 f"{stored['processor_ms_per_call']:.1f} ms | `llm/overhead.json` |")
    lines.append(f"| {streams['streams']} replies streamed at once in one thread: share of a core; memory | "
                 f"{100 * streams['processor_share_of_a_core']:.1f} %; {streams['resident_mib_peak']:.0f} MiB | `llm/overhead.json` |")
    watched = json.loads((RESULTS / "watching.json").read_text())  # by bench/watch_run.py
    lines.append(f"| {watched['watching']['clients']} browsers watch a run of {watched['watching']['events']} events: the run is slower by; the server's memory | "
                 f"{100 * watched['watching']['run_slower_by']['wall']:.1f} %; {watched['watching']['server_peak_mib']:.0f} MiB | `watching.json` |")
    load = max(speed["machine"]["load"], judged["machine"]["load"])
    lines += ["", f"`./dev bench` on {speed['date']}, {speed['machine']['cpus']} cores shared with other work (load up to {load:.0f})."]
    return "\n".join(lines)


def main(words):
    readme = (ROOT / "README.md").read_text()
    before, rest = readme.split(START)
    after = rest.split(END)[1]
    if "--check" not in words:
        chosen = words or ["compile", "latency", "table"]
        for name, file, measure in (("compile", "compile_speed", compile_speed), ("latency", "verify_latency", latency)):
            if name in chosen:
                record = json.dumps(measure(), indent=2) + "\n"
                (RESULTS / f"{file}.json").write_text(record)
                print(record, end="")
        if "table" not in chosen:
            return 0
    written = f"{before}{START}\n{table()}\n{END}{after}"
    if "--check" in words:
        print("README.md shows the records" if written == readme else "README.md does not show the records: run bench/measure_speed.py table")
        return written != readme
    (ROOT / "README.md").write_text(written)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
