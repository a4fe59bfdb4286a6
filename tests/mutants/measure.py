"""The mutation test: makes mutants of accepted kernels, has `kernelagent verify` judge them, and records what became of each class.

    KERNELAGENT_BIN=build/release/kernelagent python tests/mutants/measure.py --out bench/results/mutants.json

Kernels are those of tests/genuine/ and the programs that `kernelagent run` composes for examples/. A mutant that the judge accepts is
a survivor unless equivalent.py finds that it computes the same; explained.json says of each survivor why it survives.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import mutate

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("KERNELAGENT_BIN", ROOT / "build/release/kernelagent"))
EXPLAINED = pathlib.Path(__file__).with_name("explained.json")
TIME_LIMIT = 120  # seconds for one mutant: some never end


@dataclasses.dataclass
class Base:
    """An accepted program, and the problem it solves."""

    name: str
    program: pathlib.Path
    problem: pathlib.Path
    family: str  # of kernels: one row of the table of margins

    def mutants(self, count, seed):
        text = self.program.read_text()
        other_floats = re.search(r"float16|bfloat16|float64|\bhalf\b", text + self.problem.read_text())
        return mutate.choose(mutate.all_mutants(text, not other_floats), count, f"{seed} {self.name}")


def environment():
    return {**os.environ, "KERNELAGENT_PYTHON": sys.executable, "KERNELAGENT_PLATFORM": "cpu", "KERNELAGENT_JUDGE_SEED": "1001", "PYTHONDONTWRITEBYTECODE": "1"}


def genuine():
    """The kernels of tests/genuine that are accepted without a qualifier."""
    found = []
    for path in sorted((ROOT / "tests/genuine").glob("*.py")):
        head = dict(line[2:].split(": ", 1) for line in path.read_text().splitlines() if line.startswith("# ") and ": " in line)
        if "qualifier" not in head:
            found.append(Base(path.stem, path, ROOT / "tests/genuine/problems" / f"{head['problem']}.py", head["family"]))
    return found


def composed(folder, examples, jobs=2):
    """Has the examples' programs composed into `folder`, but for those that it holds; returns them, and the names that failed."""
    folder.mkdir(parents=True, exist_ok=True)

    def compose(problem):
        name, program = f"examples/{problem.stem}", folder / problem.name
        if not program.exists():
            with tempfile.TemporaryDirectory() as runs:
                done = subprocess.run([BINARY, "run", problem, "--json"], cwd=runs, env=environment(), capture_output=True, text=True)
                if done.returncode != 0:
                    print(f"{name} was not composed: {done.stderr.strip()[-300:]}", file=sys.stderr)
                    return name
                shutil.copy(pathlib.Path(runs) / json.loads(done.stdout)["program"], program)
        return Base(name, program, problem, "composed programs")

    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        made = list(pool.map(compose, examples))
    return [one for one in made if isinstance(one, Base)], [one for one in made if isinstance(one, str)]


def judge(base, mutants, folder):
    """Judges the mutants of one program, and the program, with one set of workers; returns a row for the program, then one per mutant."""
    paths = []
    for number, mutant in enumerate(mutants):
        paths.append(pathlib.Path(folder) / f"{base.name.replace('/', '_')}_{number}.py")
        paths[-1].write_text(mutant.source)
    verdicts = verify(base, paths)
    program = verdicts.pop()
    own = {"program": base.name, "family": base.family, "bound_used": bound_used(program), "commit": commit()}
    if program["verdict"] != "accepted":
        return [{**own, "refused": program["reason"]}]
    rows = [{"program": base.name, "family": base.family, "kind": mutant.kind, "line": mutant.line, "change": mutant.change, "verdict": verdict["verdict"],
             "reason": verdict["reason"], "bound_used": bound_used(verdict)} for mutant, verdict in zip(mutants, verdicts)]
    accepted = [(row, path) for row, path in zip(rows, paths) if row["verdict"] == "accepted"]
    for (row, _), answer in zip(accepted, compare(base, [path for _, path in accepted])):
        row.update(answer)
    return [own, *rows]


def verify(base, paths):
    # The program itself stands last, and shows that the workers still judge right.
    words = ["verify", *paths, base.program, "--problem", base.problem, "--json", "--timeout", str(TIME_LIMIT)]
    done = subprocess.run([BINARY, *map(str, words)], cwd=ROOT, env=environment(), capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"')]
    if len(lines) != len(paths) + 1:
        raise RuntimeError(f"{base.name}: not every candidate got a verdict: {done.stderr[-500:]}")
    return lines


def bound_used(verdict):
    """The largest share of the allowed error, as a number or "inf"; None where no input set was measured."""
    shares = [output["bound_used"] for trial in verdict["trials"] for output in trial["outputs"]]
    numbers = [float(share) for share in shares]
    if not numbers:
        return None
    worst = max(numbers, key=lambda share: (share != share, share))
    return worst if worst == worst and worst != float("inf") else "inf"


def compare(base, paths):
    if not paths:
        return []
    words = [sys.executable, pathlib.Path(__file__).with_name("equivalent.py"), base.problem, base.program, *paths]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True)
    if done.returncode != 0:
        if len(paths) > 1:  # one of them ended the process
            return [answer for path in paths for answer in compare(base, [path])]
        return [{"equivalent": False, "sets": 0, "first_difference": f"ends the process with code {done.returncode}",
                 "reads_outside": False, "writes_outside": False}]
    return json.loads(done.stdout.splitlines()[-1])


def explanation(row, table):
    """Why this survivor survives: the first entry of explained.json whose fields it has."""
    for entry in table:
        if all(row.get(key) == value for key, value in entry["where"].items()):
            return entry["why"]
    return ""


def summary(rows):
    """Counts per class; survivors with their text and explanation."""
    table = json.loads(EXPLAINED.read_text())
    classes = {}
    for name in [*mutate.KINDS, "launch_dropped"]:
        ours = [row for row in rows if row["kind"] == name]
        if not ours:
            continue
        equivalent = [row for row in ours if row.get("equivalent")]
        survivors = [row for row in ours if row["verdict"] == "accepted" and not row["equivalent"]]
        verdicts = collections.Counter(row["verdict"] for row in ours if row["verdict"] != "accepted")
        classes[name] = {"made": len(ours), "equivalent": len(equivalent),
                         "equivalent_reading_outside": sum(row["reads_outside"] for row in equivalent),
                         "rejected": dict(sorted(verdicts.items())), "survivors": len(survivors)}
    survivors = [{**row, "why": explanation(row, table)} for row in rows if row["verdict"] == "accepted" and not row["equivalent"]]
    counted = len(rows) - sum(one["equivalent"] for one in classes.values())
    return {"programs": len({row["program"] for row in rows}), "made": len(rows), "not_equivalent": counted,
            "rejected": counted - len(survivors), "rejected_share": round((counted - len(survivors)) / max(counted, 1), 4),
            "classes": classes, "survivors": survivors}


def run(bases, each, seed, jobs=2, keep=None):
    """Judges `each` mutants of every program, `jobs` programs at a time; returns the programs' rows and the mutants'.

    `keep` names a file where finished programs are kept, so that a run that was cut short can go on.
    """
    known = [json.loads(line) for line in keep.read_text().splitlines()] if keep and keep.exists() else []
    done = {rows[0]["program"]: rows for rows in known}
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        work = [pool.submit(judge, base, base.mutants(each, seed), folder) for base in bases if base.name not in done]
        for one in concurrent.futures.as_completed(work):
            rows = one.result()
            done[rows[0]["program"]] = rows
            print(f"{rows[0]['program']}: {len(done)} of {len(bases)} programs", file=sys.stderr, flush=True)
            if keep:
                with keep.open("a") as file:
                    file.write(json.dumps(rows) + "\n")
    ordered = [done[base.name] for base in bases]
    return [rows[0] for rows in ordered], [row for rows in ordered for row in rows[1:]]


def commit():
    return subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()


def header():
    version = subprocess.run([BINARY, "--version"], capture_output=True, text=True).stdout.strip()
    import torch
    import triton
    return {"date": datetime.date.today().isoformat(), "kernelagent": version, "commit": commit(), "torch": torch.__version__,
            "triton": triton.__version__, "device": "cpu (Triton's interpreter)"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", required=True, type=pathlib.Path)
    parser.add_argument("--each", type=int, default=5, help="mutants of every program")
    parser.add_argument("--every", type=int, default=1, help="take every Nth program only")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="programs whose name holds this")
    parser.add_argument("--jobs", type=int, default=2, help="programs at a time")
    parser.add_argument("--go-on", action="store_true", help="complete a run that was cut short")
    parser.add_argument("--so-far", action="store_true", help="write the record of a run that was cut short, which says what is missing")
    options = parser.parse_args()
    keep, folder = options.out.with_suffix(".partial"), options.out.with_suffix(".programs")
    if not (options.go_on or options.so_far):
        keep.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
    examples = [one for one in sorted((ROOT / "examples").glob("*.py")) if options.only in f"examples/{one.stem}"]
    programs_of_examples, not_composed = composed(folder, examples, options.jobs)
    bases = ([base for base in genuine() if options.only in base.name] + programs_of_examples)[:: options.every]
    finished = [json.loads(line)[0]["program"] for line in keep.read_text().splitlines()] if options.so_far else []
    missing = [base.name for base in bases if options.so_far and base.name not in finished]
    bases = [base for base in bases if base.name not in missing]
    programs, rows = run(bases, options.each, options.seed, options.jobs, keep)
    record = {**header(), "each": options.each, "every": options.every, "seed": options.seed, "not_composed": not_composed, "not_measured": missing, **summary(rows), "programs_accepted": [one for one in programs if "refused" not in one],
              "programs_refused": [one for one in programs if "refused" in one],
              "equivalent": short(rows, lambda row: row.get("equivalent"), "sets", "reads_outside"),
              "refused": short(rows, lambda row: row["verdict"] != "accepted", "verdict", "bound_used")}
    options.out.write_text(json.dumps(record, indent=1) + "\n")
    if not missing:
        keep.unlink()
        shutil.rmtree(folder)
    print(f"{record['not_equivalent']} mutants, {record['rejected']} rejected, {len(record['survivors'])} survived,"
          f" {len(record['equivalent'])} equivalent")


def short(rows, wanted, *fields):
    return [{key: row[key] for key in ("program", "kind", "line", "change", *fields)} for row in rows if wanted(row)]


if __name__ == "__main__":
    main()
