#!/usr/bin/env python3
"""Makes a result file for the README's table (bench/h100_table.py) of what a suite on a GPU left: its report.json and its runs' folders.

    python3 bench/suite_record.py report.json --runs FOLDER --out bench/results/NAME.json [--note TEXT]

Only problems whose run ended stand in it, with the times that `suite` or a later `kernelagent bench RUN` wrote beside their programs;
`settings.not_finished` names the others. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import re
import sys


def problem_of(path):
    """…/level3/8_ResNetBasicBlock.py → ("level3/8", "ResNetBasicBlock"); None for what is not KernelBench's."""
    found = re.search(r"(level\d+)/(\d+)_([^/]*?)(?:\.py)?$", path)
    return found and (f"{found[1]}/{found[2]}", found[3].strip("_").replace("_", " "))


def read(path):
    return json.loads(path.read_text()) if path.exists() else {}


def run_of(row, folder):
    """What became of a problem, in the words of bench/run_h100.py."""
    run = read(folder / "run.json")
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()] if folder.exists() else []
    chosen = {event["subgraph"]: event["schedule"] for event in events if event["event"] == "kernel_chosen"}
    verdict = read(folder / "compose_out/verdict.json")
    return {"status": row["status"], "seconds": round(row["seconds"], 1), "verdict": row["verdict"], "qualifier": row["qualifier"],
            "reason": row["reason"] or verdict.get("reason", ""), "bound_used": row["bound_used"], "kernels": row["kernels"],
            "launches": row["launches"], "trials": len(verdict.get("trials", [])), "sandbox": run.get("sandbox", ""),
            "schedules": sorted(set(chosen.values())), "directory": folder.name}


def time_of(measured):
    return {"ms": measured["median_ms"], "interval_ms": measured["interval_ms"], "samples": measured["samples"],
            "clocks_agree": measured["clock"]["agree"]}


def times_of(folder):
    """The last bench of a run, or None where there is none."""
    bench = read(folder / "compose_out/bench.json")
    times = bench.get("times", {})
    if "median_ms" not in times.get("candidate", {}):
        return None
    answer = {"ended": bench["measured"], "ours": time_of(times["candidate"]), "conditions": times["conditions"]}
    answer.update((one["name"], time_of(one)) for one in times["baselines"] if "median_ms" in one)
    return answer


def record(report, runs, note):
    rows, unfinished, told = [], [], report["machine"]
    for row in report["rows"]:
        known = problem_of(row["path"])
        if known is None:
            continue
        if not row["judged"]:
            unfinished.append(known[0])
            continue
        folder = runs / os.path.basename(row["run"])
        times = times_of(folder)
        rows.append({"problem": known[0], "title": known[1], "run": run_of(row, folder), "times": times})
    started = report["started"]
    ended = [row["times"]["ended"] for row in rows if row["times"]]
    settings = {**({"note": note} if note else {}), "suite": report["suite"], "not_finished": unfinished}
    return {"format": "kernelagent-h100", "version": 1, "started": started, "updated": max([started, *ended]),
            "kernelagent": report["kernelagent"],
            "machine": {"gpu": told.get("gpu"), "driver": told.get("driver"), "python": told.get("python"),
                        "torch": told.get("torch", "").partition("+")[0], "triton": told.get("triton")},
            "settings": settings, "problems": rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("report", type=pathlib.Path, help="a suite's report.json")
    parser.add_argument("--runs", type=pathlib.Path, required=True, help="folder that holds the suite's run_… folders")
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--note", default="", help="one line that the table shows")
    options = parser.parse_args()
    made = record(json.loads(options.report.read_text()), options.runs, options.note)
    partial = options.out.with_suffix(".partial")
    partial.write_text(json.dumps(made, indent=1) + "\n")
    partial.replace(options.out)
    timed = sum(1 for row in made["problems"] if row["times"])
    print(f"{options.out}: {len(made['problems'])} problems, {timed} timed, {len(made['settings']['not_finished'])} not finished")
    return 0


if __name__ == "__main__":
    sys.exit(main())
