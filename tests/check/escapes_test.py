"""Checks that docs/TRUST.md's table of escapes is that of the heads in tests/escapes; `--update` writes it."""

import sys
import unittest

from tree import ROOT

PAGE = ROOT / "docs" / "TRUST.md"
BEGIN, END = "<!-- escapes: written by tests/check/escapes_test.py --update -->\n", "<!-- end of escapes -->\n"


def head_of(path):
    head = {}
    for line in path.read_bytes().decode().split("\n"):
        if not line.startswith("# "):
            break
        key, colon, value = line[2:].partition(": ")
        if colon:
            head[key] = value
    return head


def table():
    rows = ["| kernel | trick | verdict | caught by |", "|---|---|---|---|"]
    for path in sorted((ROOT / "tests" / "escapes").glob("*.py")):
        head = head_of(path)
        verdict = head["expect"] + (" (CUDA only)" if head.get("needs") == "cuda" else "")
        trick = head["trick"].replace("|", "\\|")
        rows.append(f"| `{path.stem}` | {trick} | {verdict} | {head['defences']} |")
    return "\n".join(rows) + "\n"


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

    def test_table(self):
        _, inside, _ = split(PAGE.read_text())
        self.assertEqual(inside, table(), "the table is out of date: python3 tests/check/escapes_test.py --update")


if __name__ == "__main__":
    if sys.argv[1:] == ["--update"]:
        before, _, after = split(PAGE.read_text())
        PAGE.write_text(before + BEGIN + table() + END + after)
        sys.exit(0)
    unittest.main()
