"""docs/CONFIG.md's table is written from the rows of src/run/config.cpp: `python3 tests/check/config_test.py --update` writes it."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/CONFIG.md"
BEGIN, END = "<!-- settings: written by tests/check/config_test.py --update -->\n", "<!-- settings end -->\n"
STRING = r'"(?:[^"\\]|\\.)*"'


def rows():
    source = (ROOT / "src/run/config.cpp").read_text()
    table = source[source.index("kRows = {{"):source.index("}};")]
    for row in re.findall(r"\{(" + STRING + r"(?:[\s,]+" + STRING + r")*)\}", table):
        fields = re.split(r",\s*(?=\")", re.sub(r'"\s+"', "", row))
        yield [field.strip()[1:-1].replace('\\"', '"') for field in fields]


def table():
    lines = ["| flag | variable | default | key | meaning |", "|---|---|---|---|---|"]
    for key, flag, argument, variable, fallback, meaning in rows():
        shown = f"`{flag} {argument}`" if argument else f"`{flag}`" if flag else ""
        lines.append(f"| {shown} | {f'`{variable}`' if variable else ''} | {fallback} | `{key}` | {meaning} |")
    return "\n".join(lines) + "\n"


def main():
    assert len(list(rows())) == int(re.search(r"std::array<SettingRow, (\d+)>", (ROOT / "src/run/config.cpp").read_text())[1])
    text = PAGE.read_text()
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    wanted = head + BEGIN + table() + END + tail
    if "--update" in sys.argv:
        PAGE.write_text(wanted)
    elif wanted != text:
        sys.exit("docs/CONFIG.md is not what src/run/config.cpp says; accept it with: python3 tests/check/config_test.py --update")


if __name__ == "__main__":
    main()
