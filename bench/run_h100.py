#!/usr/bin/env python3
"""Runs KernelBench problems on a GPU machine: composes and judges each, then times each against eager PyTorch and torch.compile.

    python3 bench/run_h100.py build/bundle/kernelagent /path/to/KernelBench --out bench/results/h100.json [level1/1,2,3 level2/12 …]

First every problem goes through `kernelagent run`, --jobs at a time; then `kernelagent bench` times the accepted programs,
each alone on the GPU; --bench-jobs of them prepare at a time. The result file is replaced after every step, so a run that is cut short keeps what it has, and --go-on
finishes it. bench/h100_table.py makes the README's table of it; bench/results/README.md explains the fields. Standard library only.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import datetime
import json
import math
import os
import pathlib
import re
import shlex
import signal
import subprocess
import sys
import threading
import time

LEVEL1 = (1, 2, 3, 4, 6, 8, 10, 13, 14, 19, 23, 26, 33, 36, 40, 47, 51, 88, 95, 96, 100)
LEVEL2 = (12, 14, 29, 40, 45, 56, 75, 76, 86, 95, 98, 99)
DEFAULT = [f"level1/{n}" for n in LEVEL1] + [f"level2/{n}" for n in LEVEL2]
TAIL = 2000  # characters of standard error kept with a failure
GRACE = 15   # seconds between asking a command to end and ending it

_live: set[subprocess.Popen] = set()
_live_lock = threading.Lock()
_stopping = threading.Event()


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


# --- commands -----------------------------------------------------------------------------------------------------------


class Done:
    """How a command ended: exit code (None: out of time), what it printed as JSON, the end of its standard error, seconds."""

    def __init__(self, code, out, err, seconds):
        self.code, self.seconds = code, round(seconds, 1)
        self.tail = err[-TAIL:].strip()
        try:
            parsed = json.loads(out)
        except json.JSONDecodeError:
            parsed = {}
        self.json = parsed if isinstance(parsed, dict) else {}

    def complaint(self):
        """One line about what went wrong."""
        if self.code is None:
            return f"it ran for {self.seconds:.0f} s"
        error = self.json.get("error") or {}
        line = error.get("message") or self.json.get("message") or (self.tail.splitlines() or [f"exit code {self.code}"])[-1]
        where = error.get("where") or self.json.get("where")
        return f"{line} ({where})" if where else line


def signal_group(process, number):
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        pass


def perform(command, timeout):
    """Runs a command in a process group of its own; one that takes too long is interrupted, then killed."""
    started = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               text=True, errors="replace", start_new_session=True)
    with _live_lock:
        _live.add(process)
    late = False
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        late = True
        signal_group(process, signal.SIGINT)
        try:
            out, err = process.communicate(timeout=GRACE)
        except subprocess.TimeoutExpired:
            signal_group(process, signal.SIGKILL)
            out, err = process.communicate()
    finally:
        with _live_lock:
            _live.discard(process)
    if _stopping.is_set():
        raise InterruptedError("cut short")  # nothing is recorded about a command that was not let finish
    return Done(None if late else process.returncode, out, err, time.monotonic() - started)


def end_everything(number, _frame):
    """The result file is whole at any moment; only the commands have to be ended."""
    _stopping.set()
    for process in list(_live):
        signal_group(process, signal.SIGINT)
    for process in list(_live):
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            signal_group(process, signal.SIGKILL)
    os._exit(128 + number)


# --- facts --------------------------------------------------------------------------------------------------------------


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def machine_of(python):
    line = output_of("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader").splitlines()
    gpu, _, driver = line[0].partition(", ") if line else ("", "", "")
    versions = output_of(python, "-c", "import importlib.metadata as m, platform\n"
                                       "print(platform.python_version(), m.version('torch'), m.version('triton'))").split()
    return {"gpu": gpu, "driver": driver, **dict(zip(("python", "torch", "triton"), versions))}


def find_problem(folder, name):
    level, number = name.split("/")
    found = [path for base in (folder, folder / "KernelBench") for path in (base / level).glob(f"{number}_*.py")]
    if len(found) != 1:
        sys.exit(f"run_h100: {len(found)} files are {name} below {folder}")
    return found[0]


def names_of(words):
    """["level1/1,2", "level2/12"] → ["level1/1", "level1/2", "level2/12"]."""
    names = []
    for word in words:
        match = re.fullmatch(r"(level\d+)/(\d+(?:,\d+)*)", word)
        if match is None:
            sys.exit(f"run_h100: '{word}' is no problem; write level1/1 or level1/1,2,3")
        names += [f"{match[1]}/{number}" for number in match[2].split(",")]
    return list(dict.fromkeys(names))


def read_json(path):
    try:
        return json.loads(path.read_text())
    except (OSError, json.JSONDecodeError):
        return None


def number(value):
    """A figure of a verdict: non-finite ones are written as text."""
    return float(value) if isinstance(value, (int, float, str)) and value != "" else math.nan


def verdict_of(done, directory):
    """What one `kernelagent run` came to, from the files it left."""
    outcome = done.json
    row = {"status": "out of time" if done.code is None else outcome.get("status", "failed"), "exit": done.code, "seconds": done.seconds,
           "ended": now(), "verdict": None, "qualifier": "", "reason": "", "bound_used": None, "kernels": None, "launches": None}
    verdict = read_json(directory / "compose_out" / "verdict.json") if directory else None
    if verdict is not None and done.code in (0, 1):
        shares = [number(output["bound_used"]) for trial in verdict.get("trials", []) for output in trial["outputs"]]
        worst = math.nan if any(math.isnan(share) for share in shares) else max(shares, default=0.0)
        row.update(verdict=verdict.get("verdict"), qualifier=verdict.get("qualifier", ""), reason=verdict.get("reason", ""),
                   bound_used=worst if math.isfinite(worst) else str(worst), trials=len(verdict.get("trials", [])),
                   sandbox=(verdict.get("details") or {}).get("sandbox"))
    if row["status"] != "accepted":
        row["reason"] = row["reason"] or done.complaint()
        row["stderr"] = done.tail
    subgraphs = read_json(directory / "subgraphs.json") if directory else None
    if subgraphs is not None:
        row["kernels"] = len(subgraphs)
        row["launches"] = sum(item.get("count", 1) * item.get("launches", 1) for item in subgraphs)
        kernels = [read_json(directory / "kernels_out" / item["id"] / "kernel.json") for item in subgraphs]
        row["schedules"] = [kernel["schedule"] for kernel in kernels if kernel]
    return row


def times_of(done):
    """What one `kernelagent bench` measured: medians and their 95 % intervals, in milliseconds."""
    times = {"seconds": done.seconds, "ended": now()}
    ours = done.json.get("candidate") or {}
    if done.code != 0 or "median_ms" not in ours:
        return {**times, "error": ours.get("failure") or done.complaint(), "stderr": done.tail}
    for contender in (ours, *done.json["baselines"]):
        name = "ours" if contender is ours else contender["name"]
        if "failure" in contender:
            times[f"{name}_error"] = contender["failure"]
        else:
            times[name] = {"ms": contender["median_ms"], "interval_ms": contender["interval_ms"], "samples": contender["samples"],
                           "clocks_agree": contender["clock"]["agree"]}
    times["conditions"] = done.json["conditions"]
    return times


# --- the run ------------------------------------------------------------------------------------------------------------


class Bench:
    def __init__(self, options):
        self.options = options
        self.lock = threading.Lock()
        version = perform([options.kernelagent, "version", "--json"], 60)
        if version.code != 0:
            sys.exit(f"run_h100: {options.kernelagent} does not run: {version.complaint()}")
        machine = machine_of(options.python)
        if "triton" not in machine:
            sys.exit(f"run_h100: {options.python} has no torch or no triton; name one that has with --python")
        self.results = {"format": "kernelagent-h100", "version": 1, "started": now(), "updated": now(), "kernelagent": version.json,
                        "machine": machine,
                        "settings": {"jobs": options.jobs, "bench_jobs": options.bench_jobs, "seconds": options.seconds, "run_flags": options.run_flags,
                                     "run_timeout": options.timeout, "bench_timeout": options.bench_timeout},
                        "problems": []}
        self.rows = {}
        if options.go_on:
            self.take_over(read_json(options.out))
        for name in options.problems:
            path = find_problem(options.kernelbench, name)
            self.rows.setdefault(name, {"problem": name, "title": path.stem.split("_", 1)[1].strip("_").replace("_", " "), "run": None, "times": None})

    def take_over(self, earlier):
        """Keeps an earlier file's rows; a file from elsewhere would mix what cannot be compared."""
        if earlier is None:
            return
        for part in ("kernelagent", "machine"):
            if earlier[part] != self.results[part]:
                sys.exit(f"run_h100: {self.options.out} is of another {part}: {earlier[part]}, not {self.results[part]}")
        self.results["started"] = earlier["started"]
        self.rows = {row["problem"]: row for row in earlier["problems"]}

    def save(self):
        """Replaces the result file in one step."""
        def order(name):
            level, place = name.split("/")
            return int(level[5:]), int(place)
        with self.lock:
            self.results["updated"] = now()
            self.results["problems"] = [self.rows[name] for name in sorted(self.rows, key=order)]
            self.options.out.parent.mkdir(parents=True, exist_ok=True)
            temporary = self.options.out.with_name(self.options.out.name + ".tmp")
            temporary.write_text(json.dumps(self.results, indent=1) + "\n")
            os.replace(temporary, self.options.out)

    def without_places(self, row):
        """Takes this machine's folders out of texts."""
        for key in row.keys() & {"reason", "stderr", "error", "compile_error"}:
            row[key] = row[key].replace(str(self.options.work), "RUNS").replace(str(self.options.kernelbench), "KernelBench")
        return row

    def common(self, name):
        runs = self.options.work / name.replace("/", "_")
        return ["--json", "--target-platform", self.options.platform, "--python", self.options.python, "--runs", runs]

    def run_one(self, name):
        problem = find_problem(self.options.kernelbench, name)
        say(f"{name}: run {problem.name}")
        done = perform([self.options.kernelagent, "run", problem, *self.common(name), *shlex.split(self.options.run_flags)], self.options.timeout)
        directory = done.json.get("directory")
        row = verdict_of(done, pathlib.Path(directory) if directory else None)
        row["directory"] = os.path.relpath(directory, self.options.work) if directory else ""
        with self.lock:
            self.rows[name].update(run=self.without_places(row), times=None)
        self.save()
        share = row["bound_used"]
        say(f"{name}: {row['verdict'] or row['status']}"
            + (f", {share:.2g} of the allowed error, {row['launches']} launches" if isinstance(share, float) else "")
            + f", {row['seconds']:.0f} s" + (f": {row['reason']}" if row["status"] != "accepted" else ""))

    def bench_one(self, name):
        problem = find_problem(self.options.kernelbench, name)
        say(f"{name}: bench")
        command = [self.options.kernelagent, "bench", self.program_of(name), "--problem", problem, *self.common(name), "--seconds", self.options.seconds]
        times = times_of(perform([*command, "--against", self.options.against], self.options.bench_timeout))
        if "error" in times:  # a compiler may be what took too long
            again = times_of(perform([*command, "--against", "eager"], self.options.bench_timeout))
            if "error" not in again:
                times = {**again, "compile_error": times["error"]}
        with self.lock:
            self.rows[name]["times"] = self.without_places(times)
        self.save()
        figures = " ".join(f"{key} {times[key]['ms']:.4g} ms" for key in ("ours", "eager", "compile") if key in times)
        say(f"{name}: {figures or times.get('error')}, {times['seconds']:.0f} s")

    def safely(self, step, name):
        """One problem's failure, whatever it is, stays its own."""
        try:
            step(name)
        except Exception as error:  # noqa: BLE001
            say(f"{name}: {type(error).__name__}: {error}")

    def needs_run(self, name):
        run = self.rows[name]["run"]
        if run is None or run["status"] in ("out of time", "interrupted"):
            return True
        if run["exit"] == 3:  # the machine's fault, not the problem's
            return True
        return run["status"] == "accepted" and self.needs_times(name) and not self.program_of(name).is_file()

    def program_of(self, name):
        return self.options.work / self.rows[name]["run"]["directory"] / "compose_out" / "composed_kernel.py"

    def needs_times(self, name):
        times = self.rows[name]["times"]
        return times is None or "error" in times

    def go(self):
        self.save()
        say(f"{self.results['machine']} {self.results['kernelagent']}")
        todo = [name for name in self.options.problems if self.needs_run(name)]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            list(pool.map(lambda name: self.safely(self.run_one, name), todo))
        accepted = [name for name in self.options.problems if (self.rows[name]["run"] or {}).get("status") == "accepted"]
        with concurrent.futures.ThreadPoolExecutor(self.options.bench_jobs) as pool:
            list(pool.map(lambda name: self.safely(self.bench_one, name), filter(self.needs_times, accepted)))
        timed = sum(1 for name in accepted if not self.needs_times(name))
        say(f"{len(accepted)} of {len(self.options.problems)} accepted, {timed} timed; {self.options.out}")
        return 0 if timed == len(self.options.problems) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], epilog="Exits 0 where every problem was accepted and timed, else 1.")
    parser.add_argument("kernelagent", type=pathlib.Path, help="the program: build/bundle/kernelagent, or an installed one")
    parser.add_argument("kernelbench", type=pathlib.Path, help="folder that holds level1, level2 (or KernelBench/level1, …)")
    parser.add_argument("problems", nargs="*", default=DEFAULT, help="level1/1 or level1/1,2,3 (default: those of the README)")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("bench/results/h100.json"), help="the result file (%(default)s)")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("build/h100_runs"), help="where run directories go (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="problems composed and judged at a time (%(default)s): GPU memory is the limit")
    parser.add_argument("--bench-jobs", type=int, default=1, help="programs prepared for timing at a time (%(default)s); each is timed alone")
    parser.add_argument("--python", default=os.environ.get("KERNELAGENT_PYTHON", "python3"), help="a Python with torch and triton (%(default)s)")
    parser.add_argument("--platform", default="cuda", help="--target-platform (%(default)s)")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for one run (%(default)s)")
    parser.add_argument("--bench-timeout", type=float, default=300, help="seconds for one bench (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long each contender is timed (%(default)s)")
    parser.add_argument("--against", default="eager,compile", help="baselines (%(default)s; all: eager,compile,reduce-overhead,max-autotune)")
    parser.add_argument("--run-flags", default="", help="further flags for `kernelagent run`, in one word")
    parser.add_argument("--go-on", action="store_true", help="keep what --out has of this machine and program; do the rest")
    options = parser.parse_intermixed_args()
    options.problems = names_of(options.problems)
    options.work, options.kernelbench = options.work.absolute(), options.kernelbench.absolute()
    for number_of_signal in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number_of_signal, end_everything)
    return Bench(options).go()


if __name__ == "__main__":
    sys.exit(main())
