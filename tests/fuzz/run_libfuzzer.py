"""Runs the libFuzzer target for a while and records what came of it.

    python3 tests/fuzz/run_libfuzzer.py build/fuzz/fuzz_replies --seconds 300 --out bench/results/fuzz_libfuzzer.json
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def numbers(text):
    """What libFuzzer prints last: "#4096 DONE cov: 2101 ft: 7213 corp: 310/12Kb …" and "Done 4096 runs in 61 second(s)"."""
    done = re.search(r"Done (\d+) runs in (\d+) second", text)
    last = re.findall(r"^#\d+\s+\w+\s+cov: (\d+) ft: (\d+) corp: (\d+)", text, re.MULTILINE)
    found = dict(zip(("edges", "features", "corpus"), map(int, last[-1]))) if last else {}
    return {**({"runs": int(done[1]), "seconds": int(done[2])} if done else {}), **found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as corpus:
        command = [options.target.resolve(), "-max_len=64", f"-max_total_time={options.seconds}", "-print_final_stats=1", corpus]
        run = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace")
    fault = "" if run.returncode == 0 else run.stderr[-2000:]
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    record = {"format": "kernelagent-libfuzzer", "date": datetime.date.today().isoformat(), "commit": commit,
              "sanitizers": "address, undefined", "load": round(os.getloadavg()[0], 1), **numbers(run.stderr), "exit": run.returncode, "fault": fault}
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    print(json.dumps({key: value for key, value in record.items() if key != "fault"}), fault)
    sys.exit(run.returncode)


if __name__ == "__main__":
    main()
