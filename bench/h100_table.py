#!/usr/bin/env python3
"""Writes what bench/results/*.json (made by bench/run_h100.py and bench/suite_record.py) say of KernelBench, and prints it.

    python3 bench/h100_table.py            rewrite docs/KERNELBENCH.md and its summary in README.md
    python3 bench/h100_table.py --check    exit 1 if either shows anything else than the results

Below the summary stands what kernels_table.py says of single kernels. Each text stands between two marker lines. Every problem that any
result file has is in the table, whatever its row says. Standard library only.
"""

from __future__ import annotations

import argparse
import difflib
import json
import math
import pathlib
import sys

import kernels_table

ROOT = pathlib.Path(__file__).resolve().parents[1]
START, END = "<!-- h100 table start -->", "<!-- h100 table end -->"
ALLOWED = 3.0  # slower than eager by more than this is named apart


def load(folder):
    """Returns the result files of a folder, oldest first."""
    files = []
    for path in sorted(folder.glob("*.json")):
        results = json.loads(path.read_text())
        if results.get("format") == "kernelagent-h100":
            files.append((path.name, results))
    return sorted(files, key=lambda file: (file[1]["started"], file[0]))


def newest(files):
    """{problem: (file number, row)} in the order of levels and numbers. The newest file that has a problem speaks for it, unless it only
    judged what an older one also timed."""
    rows = {}
    for number, (_, results) in enumerate(files):
        for row in results["problems"]:
            old = rows.get(row["problem"], (0, {}))[1]
            if row.get("run") is None or (row["run"]["status"] == "accepted" and not row["times"] and old.get("times")):
                continue
            rows[row["problem"]] = (number, row)
    return dict(sorted(rows.items(), key=lambda item: place(item[0])))


def place(name):
    level, number = name.split("/")
    return int(level[5:]), int(number)


def milliseconds(entry):
    return "" if entry is None else f"{entry['ms']:#.3g}".rstrip(".")


def ratio(ours, other):
    """How many times faster ours is, or None."""
    return None if ours is None or other is None or not ours["ms"] > 0 else other["ms"] / ours["ms"]


def ratio_text(ours, other):
    """Bold where ours is slower; ≈ where the 95 % intervals of the medians overlap, so that nobody won."""
    value = ratio(ours, other)
    if value is None:
        return ""
    text = f"{value:.2f}×"
    low, high = other["interval_ms"]
    same = ours["interval_ms"][0] <= high and low <= ours["interval_ms"][1]
    return f"≈ {text}" if same else f"**{text}**" if value < 1 else text


def cell(text):
    """One line of text that is safe within a table."""
    text = " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
    return text if len(text) <= 120 else text[:119] + "…"


def verdict_text(run, times):
    if run["status"] != "accepted":
        return f"**{cell(run.get('verdict') or run['status'])}**: {cell(run['reason'])}"
    text = "accepted" + (f", {cell(run['qualifier'])}" if run.get("qualifier") else "")
    if times is None:
        return text + "; not timed"
    if "error" in times:
        return text + f"; **not timed**: {cell(times['error'])}"
    return text + ("; torch.compile failed" if "compile_error" in times else "")


def share_text(run):
    share = run.get("bound_used")
    return "" if share is None else share if isinstance(share, str) else f"{share:.2f}"


def line_of(row, letter):
    run, times = row["run"], row["times"]
    timed = times or {}
    ours, eager, compiled = (timed.get(name) for name in ("ours", "eager", "compile"))
    launches = "" if run.get("launches") is None else str(run["launches"])
    cells = [f"{row['problem'].replace('level', 'L')} {cell(row['title'])}{letter}", verdict_text(run, times), share_text(run), launches,
             milliseconds(ours), milliseconds(eager), milliseconds(compiled), ratio_text(ours, eager), ratio_text(ours, compiled)]
    return "| " + " | ".join(cells) + " |"


def mean_text(rows, other):
    ratios = [value for row in rows if (value := ratio((row["times"] or {}).get("ours"), (row["times"] or {}).get(other))) is not None]
    if not ratios:
        return "not timed"
    return f"{math.exp(sum(map(math.log, ratios)) / len(ratios)):.2f}× (of {len(ratios)})"


def unfinished(files, rows):
    """A line on what a sitting was cut off before, and no other file has."""
    names = {name for _, results in files for name in results["settings"].get("not_finished", []) if name not in rows}
    if not names:
        return []
    return [f"Not reached or not finished when a sitting was cut off: {', '.join(name.replace('level', 'L') for name in sorted(names, key=place))}.", ""]


def summary(rows):
    accepted = sum(1 for row in rows if row["run"]["status"] == "accepted")
    speeds = [(row["problem"].replace("level", "L"), ratio((row["times"] or {}).get("ours"), (row["times"] or {}).get("eager"))) for row in rows]
    slow = [(name, value) for name, value in speeds if value is not None and value < 1]
    lines = [f"**{accepted} of {len(rows)}** problems accepted. Geometric mean of the speed-up, over the problems timed, against eager PyTorch "
             f"and `torch.compile`:", ""]
    for level in sorted({place(row["problem"])[0] for row in rows}):
        mine = [row for row in rows if place(row["problem"])[0] == level]
        lines.append(f"- level {level}: {mean_text(mine, 'eager')} and {mean_text(mine, 'compile')}")
    lines += [f"- all: {mean_text(rows, 'eager')} and {mean_text(rows, 'compile')}", ""]
    if slow:
        names = ", ".join(f"{name} ({value:.2f}×)" for name, value in sorted(slow, key=lambda item: item[1]))
        lines.append(f"Slower than eager PyTorch: {len(slow)}: {names}.")
    elif any(value is not None for _, value in speeds):
        lines.append("No timed problem is slower than eager PyTorch.")
    worst = [name for name, value in slow if value < 1 / ALLOWED]
    if worst:
        lines.append(f"**More than {ALLOWED:.0f} times slower: {', '.join(worst)}.**")
    return lines


def qualified(rows):
    """Lines on the accepted programs whose verdict says less than others'."""
    lines = []
    for word in ("vacuous", "trivial", "reference-only"):
        names = [row["problem"].replace("level", "L") for row in rows if word in row["run"].get("qualifier", "")]
        if names:
            lines.append(f"Accepted, but {word} ({len(names)}): {', '.join(names)}.")
    return [" ".join(lines)] if lines else []


def evaluator(folder):
    """A paragraph on KernelBench's own evaluator (bench/kernelbench_evaluator.py)."""
    path = folder / "kernelbench_evaluator.json"
    if not path.exists():
        return []
    record = json.loads(path.read_text())
    without = [row for row in record["programs"] if "error" in row or "out of memory" in str(row.get("metadata"))]
    missed = [row["problem"].replace("level", "L") for row in record["programs"] if not row.get("at_1e_2") and row not in without]
    return [f"KernelBench's own evaluator (commit {record['kernelbench'][:7]}, {record['trials']} trials) over {record['of']} exported programs, "
            f"several at once: {record['at_1e_2']} pass at 1e-2, {record['at_1e_4']} at its present 1e-4; {len(without)} lacked memory or time beside "
            f"the others; beyond 1e-2: {', '.join(missed) or 'none'}. Its static checker passes {record['static_checker']}. "
            "Every reason: `bench/results/kernelbench_evaluator.json`.", ""]


def texts(files, folder):
    """The two texts between markers: README.md's and docs/KERNELBENCH.md's."""
    rows = newest(files)
    if not rows:
        return "No results yet.\n", "No results yet.\n"
    used = sorted({number for number, _ in rows.values()})
    letters = {number: f" ({chr(ord('a') + i)})" if len(used) > 1 else "" for i, number in enumerate(used)}
    lines = []
    for number in used:
        name, results = files[number]
        machine, program = results["machine"], results["kernelagent"]
        lines.append(f"{letters[number].strip()} {machine.get('gpu') or 'unknown GPU'}, driver {machine.get('driver')}, torch {machine.get('torch')}, "
                     f"Triton {machine.get('triton')}; kernelagent {program.get('version')} ({program.get('commit')}), {results['started'][:10]}; "
                     f"`bench/results/{name}`.".strip())
        if note := results["settings"].get("note"):
            lines.append(f"{letters[number].strip()} Note: {note}".strip())
    shown = [row for _, row in rows.values()]
    told = ["", *summary(shown), "", *qualified(shown), "", *unfinished(files, rows), *evaluator(folder)]
    kernels = kernels_table.summary()
    conditions = sorted({" · ".join(str(results["machine"].get(key)) for key in ("gpu", "driver", "torch", "triton")) for _, results in files})
    short = [f"Machine (GPU, driver, torch, Triton): {'; '.join(conditions)}. Every problem, with the commit and the sitting it was judged in: "
             "[docs/KERNELBENCH.md](docs/KERNELBENCH.md).", *told, *kernels]
    lines += [*told, "Medians in milliseconds, the three interleaved on one GPU; error: the largest share of the allowed error that any output used on any "
              "input set; ×: times faster than eager and than `torch.compile`; bold: slower; ≈: the 95 % intervals overlap.", "",
              "| problem | verdict | error | launches | ours | eager | compile | × eager | × compile |",
              "|---|---|---:|---:|---:|---:|---:|---:|---:|"]
    lines += [line_of(row, letters[number]) for number, row in rows.values()]
    return "\n".join(short).rstrip("\n") + "\n", "\n".join(lines).rstrip("\n") + "\n"


def place_in(readme, text):
    """A page with the text between its markers replaced, or None where they are missing."""
    if readme.count(START) != 1 or readme.count(END) != 1 or readme.index(START) > readme.index(END):
        return None
    head, tail = readme.split(START)[0], readme.split(END)[1]
    return f"{head}{START}\n{text}{END}{tail}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a page differs from the results")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "bench/results")
    parser.add_argument("--readme", type=pathlib.Path, default=ROOT / "README.md")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "docs/KERNELBENCH.md")
    options = parser.parse_args()
    files = load(options.results)
    status = 0
    for path, text in zip((options.readme, options.page), texts(files, options.results)):
        before = path.read_text()
        after = place_in(before, text)
        if after is None:
            if not options.check or files:
                print(f"{path} has no place for the results: it needs the lines {START} and {END}", file=sys.stderr)
                status = 1 if options.check else 2
        elif before != after and options.check:
            sys.stderr.writelines(difflib.unified_diff(before.splitlines(True), after.splitlines(True), path.name, "from bench/results"))
            print(f"{path.name} does not show bench/results; run: python3 bench/h100_table.py", file=sys.stderr)
            status = 1
        elif before != after:
            path.write_text(after)
        if not options.check:
            print(text, end="")
    return status


if __name__ == "__main__":
    sys.exit(main())
