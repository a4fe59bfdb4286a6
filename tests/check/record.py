"""Records one run of ctest from its log: how many tests, how long, when, where. `./dev test --long --record DIR` calls it.

    record.py build/dev/Testing/Temporary/LastTest.log FILE SECONDS
"""

import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys

from skipped import skipped

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENTRY = re.compile(r"^\d+/\d+ Test: (?P<name>\S+)\n(?P<text>.*?)^Test time = +(?P<seconds>[\d.]+) sec\n-+\n(?P<end>[^\n]*)", re.MULTILINE | re.DOTALL)
COUNTS = (r"^\[==========\] (\d+) tests? from .* ran", r"^Ran (\d+) tests? in", r"^(?:=+ )?(?:\d+ \w+, )*?(\d+) passed",
          r"^(?:=+ )?(\d+) failed", r"^(?:=+ )?(?:\d+ \w+, )*?(\d+) skipped.* in ")


def entries(log):
    """One row for each of ctest's entries: its name, seconds, single tests (those skipped included), skipped ones, how it ended."""
    rows = []
    for entry in ENTRY.finditer(log):
        tests = sum(int(count) for pattern in COUNTS for count in re.findall(pattern, entry["text"], re.MULTILINE))
        rows.append({"name": entry["name"], "seconds": float(entry["seconds"]), "tests": tests, "skipped": sum(skipped(entry["text"])),
                     "ended": entry["end"].removeprefix("Test ").rstrip(".").lower()})
    return sorted(rows, key=lambda row: -row["seconds"])


def processor():
    found = re.search(r"^model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def record(log, seconds):
    rows = entries(log)
    commit = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=40"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    python = os.environ.get("KERNELAGENT_PYTHON", "python3")
    versions = subprocess.run([python, "-c", "import platform, torch, triton; print(platform.python_version(), torch.__version__, triton.__version__)"],
                              capture_output=True, text=True).stdout.split()
    machine = {"processor": processor(), "cores": os.cpu_count(), "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30,
               "load_at_the_end": round(os.getloadavg()[0], 1), **dict(zip(("python", "torch", "triton"), versions))}
    return {"format": "kernelagent-tests", "date": datetime.date.today().isoformat(), "commit": commit, "machine": machine, "seconds": seconds,
            "tests": sum(row["tests"] for row in rows), "skipped": sum(row["skipped"] for row in rows),
            "entries_failed": [row["name"] for row in rows if row["ended"] != "passed"], "entries": rows}


if __name__ == "__main__":
    with open(sys.argv[1], errors="replace") as file:
        made = record(file.read(), int(sys.argv[3]))
    pathlib.Path(sys.argv[2]).write_text(json.dumps(made, indent=1) + "\n")
    print(f"recorded: {made['tests']} tests, {made['skipped']} of them skipped, in {made['seconds']} s")
