"""Checks sizes (headers 150 lines, sources 400 and never over 600) and names that say nothing."""

import re
import sys
import unittest

from tree import ROOT, Scratch, files

HEADER, SOURCE, HARD = 150, 400, 600
EMPTY_WORDS = {"util", "utils", "helper", "helpers", "common", "misc", "manager"}
EMPTY_TYPES = re.compile(r"^\s*(?:class|struct|enum class|namespace)\s+(\w*(?:Manager|Utils?|Helpers?|Misc)|utils?|helpers?|common|misc)\b")


def sizes(root):
    """Returns (faults, remarks): remarks are sources between the aim and the limit."""
    faults, remarks = [], []
    for path in files(root, "*.h", "*.cpp", "*.py"):
        lines = path.read_text().count("\n")
        line = f"{path.relative_to(root)}: {lines} lines"
        if path.suffix == ".h" and lines > HEADER:
            faults.append(f"{line}, a header has at most {HEADER}")
        elif lines > HARD:
            faults.append(f"{line}, a source has at most {HARD}")
        elif lines > SOURCE:
            remarks.append(f"{line}, aim for {SOURCE}")
    return faults, remarks


def names(root):
    faults = []
    for path in files(root, "*"):
        where = path.relative_to(root)
        for part in where.parts:
            empty = EMPTY_WORDS.intersection(re.split(r"[_.\-]", part.lower()))
            if empty:
                faults.append(f"{where}: '{empty.pop()}' in a name says nothing about what is inside")
                break
        if path.suffix in (".h", ".cpp", ".py"):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                match = EMPTY_TYPES.match(line)
                if match:
                    faults.append(f"{where}:{number}: '{match.group(1)}' says nothing about what is inside")
    return faults


class Sizes(unittest.TestCase):
    def test_tree(self):
        faults, remarks = sizes(ROOT)
        for remark in remarks:
            print(f"remark: {remark}", file=sys.stderr)
        faults += names(ROOT)
        self.assertFalse(faults, "\n" + "\n".join(faults))

    def test_finds_sizes(self):
        bad = {"src/a/a.h": "\n" * 151, "src/a/a.cpp": "\n" * 601, "src/a/b.cpp": "\n" * 401, "python/c.py": "\n" * 400}
        with Scratch(bad) as root:
            faults, remarks = sizes(root)
        self.assertEqual(
            faults, ["src/a/a.cpp: 601 lines, a source has at most 600", "src/a/a.h: 151 lines, a header has at most 150"]
        )
        self.assertEqual(remarks, ["src/a/b.cpp: 401 lines, aim for 400"])

    def test_finds_names(self):
        bad = {"src/a/string_utils.h": "", "src/common/x.h": "", "src/a/b.h": "class RunManager {\nclass Commons;\nstruct Helper;\n"}
        with Scratch(bad) as root:
            self.assertEqual(
                names(root),
                [
                    "src/a/b.h:1: 'RunManager' says nothing about what is inside",
                    "src/a/b.h:3: 'Helper' says nothing about what is inside",
                    "src/a/string_utils.h: 'utils' in a name says nothing about what is inside",
                    "src/common/x.h: 'common' in a name says nothing about what is inside",
                ],
            )


if __name__ == "__main__":
    unittest.main()
