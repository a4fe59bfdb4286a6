"""Checks that docs/TRUST.md's table of escapes is that of the heads in tests/escapes, and that its last column is what bench/judge_cases.py
recorded on a GPU; `--update` writes it."""

import json
import sys
import unittest

from cases import head_of
from tree import ROOT

PAGE = ROOT / "docs" / "TRUST.md"
RECORD = ROOT / "bench" / "results" / "judge_cases_h100.json"
BEGIN, END = "<!-- escapes: written by tests/check/escapes_test.py --update -->\n", "<!-- end of escapes -->\n"


def recorded():
    return json.loads(RECORD.read_text()) if RECORD.exists() else {"cases": []}


def table():
    record = recorded()
    seen = {case["kernel"]: case["verdict"] for case in record["cases"] if case["kind"] == "escapes"}
    rows = ["| kernel | trick | verdict | caught by | seen on an H100 |", "|---|---|---|---|---|"]
    for path in sorted((ROOT / "tests" / "escapes").glob("*.py")):
        head = head_of(path)
        verdict = head["expect"] + {"cuda": " (CUDA only)", "interpreter": " (interpreter only)"}.get(head.get("needs"), "")
        trick = head["trick"].replace("|", "\\|")
        rows.append(f"| `{path.stem}` | {trick} | {verdict} | {head['defences']} | {seen.get(path.stem, 'not run')} |")
    return "\n".join(rows) + "\n" + summary(record)


def summary(record):
    genuine = [case for case in record["cases"] if case["kind"] == "genuine"]
    if not genuine:
        return ""
    accepted = sum(case["verdict"] == "accepted" for case in genuine)
    return (f"\nOn {record['machine']['device']} with torch {record['machine']['torch']} and Triton {record['machine']['triton']}, {record['date']}: "
            f"{accepted} of {len(genuine)} genuine kernels accepted; bench/results/{RECORD.name} has every reason and time.\n")


def split(page):
    before, found, rest = page.partition(BEGIN)
    inside, ended, after = rest.partition(END)
    if not found or not ended:
        raise ValueError(f"{PAGE.name} has no table of escapes: the lines {BEGIN.strip()} and {END.strip()} are missing")
    return before, inside, after


class Escapes(unittest.TestCase):
    def test_heads(self):
        for path in sorted((ROOT / "tests" / "escapes").glob("*.py")):
            with self.subTest(path.stem):
                missing = {"problem", "expect", "trick", "defences"} - set(head_of(path))
                self.assertFalse(missing, f"the head lacks {', '.join(sorted(missing))}")

    def test_tricks_differ(self):
        tricks = [head_of(path)["trick"] for path in (ROOT / "tests" / "escapes").glob("*.py")]
        self.assertEqual(len(tricks), len(set(tricks)))
        self.assertGreaterEqual(len(tricks), 80)

    def test_nothing_passed_on_the_gpu(self):
        passed = [case["kernel"] for case in recorded()["cases"] if case["kind"] == "escapes" and case["verdict"] == "accepted"]
        self.assertEqual(passed, [])

    def test_table(self):
        _, inside, _ = split(PAGE.read_text())
        self.assertEqual(inside, table(), "the table is out of date: python3 tests/check/escapes_test.py --update")


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        before, _, after = split(PAGE.read_text())
        PAGE.write_text(before + BEGIN + table() + END + after)
        sys.exit(0)
    unittest.main()
