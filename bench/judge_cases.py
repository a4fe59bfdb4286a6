#!/usr/bin/env python3
"""Has every kernel of tests/genuine and tests/escapes judged, several at a time, and records each verdict beside the one it must get.

    python3 bench/judge_cases.py build/bundle/kernelagent --python PYTHON --out bench/results/judge_cases_h100.json
    python3 tests/check/escapes_test.py --update      here: writes the column of docs/TRUST.md

Exits 1 where a verdict is another one. Standard library only.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/check"))
from cases import head_of  # noqa: E402

TOGETHER = 6  # kernels of one problem that one program judges: it starts once, and then its workers are warm


def batches(options, known=()):
    """Cases that can be judged by one program, the slowest first."""
    groups = {}
    for folder in options.folders:
        for path in sorted((ROOT / "tests" / folder).glob("*.py"))[::options.every]:
            head = head_of(path)
            elsewhere = head.get("needs") == ("cuda" if options.platform == "cpu" else "interpreter")
            if path.stem not in known and options.only in path.stem and not elsewhere:
                key = (head["problem"], options.effort or head.get("effort", "standard"), head.get("seconds", "300"))
                groups.setdefault(key, []).append((folder, path, head))
    split = [(key, cases[start:start + TOGETHER]) for key, cases in groups.items() for start in range(0, len(cases), TOGETHER)]
    return sorted(split, key=lambda batch: (batch[0][1] != "thorough", batch[0][1] != "standard", -len(batch[1])))


def judge(options, key, cases):
    """Returns a row for each case."""
    problem, effort, seconds = key
    if options.platform == "cuda":
        seconds = str(5 * int(seconds))  # compiling and many neighbours take time as well
    command = [options.kernelagent, "verify", *[path for _, path, _ in cases], "--problem", ROOT / "tests/genuine/problems" / f"{problem}.py",
               "--effort", effort, "--timeout", seconds, "--json", "--target-platform", options.platform, "--python", options.python]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=ROOT)
    try:
        verdicts = [json.loads(done.stdout)] if len(cases) == 1 else [json.loads(line) for line in done.stdout.splitlines()]
    except ValueError:
        verdicts = []
    if len(verdicts) != len(cases) or any("verdict" not in verdict for verdict in verdicts):
        if len(cases) > 1:  # one of them was an error and no verdict
            return [row for case in cases for row in judge(options, key, [case])]
        verdicts = [{"verdict": "none", "reason": (done.stderr.strip() or done.stdout)[-400:]}]
    return [row_of(options.platform, *case, verdict) for case, verdict in zip(cases, verdicts)]


def row_of(platform, folder, path, head, verdict):
    row = {"kernel": path.stem, "kind": folder, "expected": head.get(f"on {platform}", head["expect"]), "verdict": verdict["verdict"], "reason": verdict["reason"],
           "seconds": round(verdict.get("seconds", 0), 2)}
    checks = verdict.get("details", {}).get("compute_sanitizer")
    return {**row, "compute_sanitizer": checks} if checks else row


def machine(options):
    gpu = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], capture_output=True,
                         text=True).stdout.splitlines()[0] if options.platform == "cuda" else options.platform
    versions = subprocess.run([options.python, "-c", "import torch, triton; print(torch.__version__, triton.__version__)"],
                              capture_output=True, text=True).stdout.split()
    return {"device": gpu, **dict(zip(("torch", "triton"), versions))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kernelagent", type=pathlib.Path)
    parser.add_argument("--python", default=os.environ.get("KERNELAGENT_PYTHON", "python3"))
    parser.add_argument("--platform", default="cuda")
    parser.add_argument("--jobs", type=int, default=12)
    parser.add_argument("--folders", nargs="+", default=["genuine", "escapes"])
    parser.add_argument("--every", type=int, default=1, help="take every Nth case only")
    parser.add_argument("--go-on", action="store_true", help="add the cases that the record lacks")
    parser.add_argument("--effort", help="instead of each case's own")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    options.kernelagent = options.kernelagent.resolve()
    version = json.loads(subprocess.run([options.kernelagent, "version", "--json"], check=True, capture_output=True, text=True).stdout)
    started = time.monotonic()
    record = {"format": "kernelagent-judge-cases", "date": datetime.date.today().isoformat(), "commit": version["commit"],
              "machine": machine(options), "effort": options.effort or "each case's own", "jobs": options.jobs, "seconds": 0}
    known = json.loads(options.out.read_text()) if options.go_on and options.out.exists() else {"seconds": 0, "cases": []}
    rows, work = known["cases"], batches(options, {row["kernel"] for row in known["cases"]})
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for one in concurrent.futures.as_completed([pool.submit(judge, options, *batch) for batch in work]):
            rows += one.result()
            rows.sort(key=lambda row: (row["kind"], row["kernel"]))
            others = [row for row in rows if row["verdict"] != row["expected"]]
            record.update(seconds=known["seconds"] + round(time.monotonic() - started), as_expected=len(rows) - len(others), of=len(rows), cases=rows)
            if options.out:
                options.out.write_text(json.dumps(record, indent=1) + "\n")  # so that a run that is cut short leaves what it has
    for row in others:
        print(f"{row['kernel']}: {row['verdict']}, not {row['expected']}: {row['reason']}")
    print(f"{record['as_expected']} of {record['of']} as expected, in {record['seconds']} s")
    sys.exit(1 if others else 0)


if __name__ == "__main__":
    main()
