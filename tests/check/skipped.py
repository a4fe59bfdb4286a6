"""Counts the skipped tests inside ctest's log: skipped.py build/dev/Testing/Temporary/LastTest.log"""

import re
import sys


def skipped(log):
    google = sum(int(n) for n in re.findall(r"^\[  SKIPPED \] (\d+) tests?, listed below", log, re.MULTILINE))
    pytest = sum(int(n) for n in re.findall(r"^(?:.*, )?(\d+) skipped(?:, .*)? in [\d.]+s", log, re.MULTILINE))
    unit = sum(int(n) for n in re.findall(r"^OK \(skipped=(\d+)\)", log, re.MULTILINE))
    return google, pytest + unit


if __name__ == "__main__":
    with open(sys.argv[1], errors="replace") as file:
        cpp, python = skipped(file.read())
    print(f"skipped: {cpp + python} ({cpp} C++, {python} Python)")
