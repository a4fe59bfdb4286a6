"""Checks that a type outside an unnamed namespace is defined in one place: linking two of one name mixes up their functions, without a word."""

import re
import unittest

from tree import ROOT, Scratch, files

DEFINITION = re.compile(r"(?:struct|class) ([A-Z]\w*)(?: final)?(?: : [^{]*)? \{")


def complaints(root):
    places = {}
    for path in files(root, "*.cpp", "*.h"):
        where = path.relative_to(root)
        if where.parts[0] != "src":
            continue
        unnamed = False
        for line in path.read_text().splitlines():
            if line == "namespace {":
                unnamed = True
            elif line == "}  // namespace":
                unnamed = False
            elif not unnamed and (type_ := DEFINITION.match(line)):
                places.setdefault(type_.group(1), []).append(str(where))
    return [f"{name}: {', '.join(where)}" for name, where in sorted(places.items()) if len(where) > 1]


class Types(unittest.TestCase):
    def test_tree(self):
        found = complaints(ROOT)
        self.assertFalse(found, "defined twice:\n" + "\n".join(found))

    def test_finds_faults(self):
        one = "namespace ka {\nstruct Route {\n};\n}  // namespace ka\n"
        other = "namespace ka {\nnamespace {\nstruct Price {\n};\n}  // namespace\nclass Route final : public Way {\n};\n"
        with Scratch({"src/a/a.h": one, "src/b/b.cpp": other, "src/c/c.h": "struct Price {\n"}) as root:
            self.assertEqual(complaints(root), ["Route: src/a/a.h, src/b/b.cpp"])


if __name__ == "__main__":
    unittest.main()
