"""Writes docs/TRUST.md's table of margins from bench/results/mutants.json (made by measure.py).

    python3 tests/mutants/margins.py            rewrite the table
    python3 tests/mutants/margins.py --check    exit 1 if docs/TRUST.md shows anything else than the record

The table stands between two marker lines. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RECORD = ROOT / "bench/results/mutants.json"
PAGE = ROOT / "docs/TRUST.md"
START, END = "<!-- margins start -->", "<!-- margins end -->"
LOWER_PRECISION = ("precision_lowered", "accumulator_narrowed")


def number(share):
    return float("inf") if share == "inf" else float(share)


def shown(share):
    if share == float("inf"):
        return "NaN or infinity"
    return f"{share:,.0f}" if share >= 10 else f"{share:.2g}"


def rows_of(record):
    """One line per family: programs, the largest share that one used, mutants in lower precision, the smallest share of one."""
    lines = []
    for family in sorted({one["family"] for one in record["programs_accepted"]}):
        programs = {one["program"]: one["bound_used"] for one in record["programs_accepted"] if one["family"] == family}
        exact = all(number(share) == 0 for share in programs.values())
        lowered = [number(one["bound_used"]) for one in record["refused"] if one["program"] in programs
                   and one["kind"] in LOWER_PRECISION and one["bound_used"] is not None]
        used = "0 (exact)" if exact else f"{max(map(number, programs.values())):.2f}"
        lines.append(f"| {family} | {len(programs)} | {used} | {len(lowered) or '–'} | {shown(min(lowered)) if lowered else '–'} |")
    return lines


def table(record):
    of = f"{record['rejected']} of {record['not_equivalent']}"
    return "\n".join([
        START,
        "| family | accepted programs | largest share of the bound used | mutants in 16 bits, rejected | smallest share that one used |",
        "|---|---|---|---|---|",
        *rows_of(record),
        "",
        f"Measured on {record['date']} on {record['device']} with torch {record['torch']}, Triton {record['triton']}: {record['made']} mutants of "
        f"{record['programs']} accepted programs, {record['made'] - record['not_equivalent']} of them equivalent, {of} others rejected.",
        END])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    page = PAGE.read_text()
    before, _, rest = page.partition(START)
    after = rest.partition(END)[2]
    wanted = before + table(json.loads(RECORD.read_text())) + after
    if options.check:
        if wanted != page:
            sys.exit("docs/TRUST.md shows other margins than bench/results/mutants.json; run python3 tests/mutants/margins.py")
        return
    PAGE.write_text(wanted)


if __name__ == "__main__":
    main()
