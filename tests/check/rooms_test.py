"""Checks that a room includes only what its line in CMakeLists.txt names, and that only one room wraps each outside library."""

import re
import unittest

from tree import ROOT, Scratch, files

# Headers of outside libraries that one room wraps, and the library's name in that room's LIBS.
WRAPPED = {
    "tree_sitter/": "PkgConfig::tree_sitter",
    "graphviz/": "PkgConfig::gvc",
    "gvc.h": "PkgConfig::gvc",
    "sqlite3.h": "PkgConfig::sqlite3",
    "toml++/": "tomlplusplus",
    "archive.h": "LibArchive::LibArchive",
    "archive_entry.h": "LibArchive::LibArchive",
    "CLI/": "CLI11::CLI11",
    "curl/": "CURL::libcurl",
    "openssl/": "OpenSSL::Crypto",
    "spdlog/": "spdlog::spdlog",
    "httplib.h": "PkgConfig::httplib",
}


def table(root):
    """Returns {room: (rooms it uses, libraries)} in the order of CMakeLists.txt."""
    text = re.sub(r"#.*", "", (root / "CMakeLists.txt").read_text())
    rooms = {}
    for arguments in re.findall(r"^room\(([^)]*)\)", text, re.MULTILINE):
        name, *words = arguments.split()
        groups = {"USES": [], "LIBS": []}
        group = None
        for word in words:
            if word in ("USES", "LIBS", "DRAWER", "PROGRAM"):
                group = groups.setdefault(word, [])
            else:
                group.append(word)
        rooms[name] = (groups["USES"], groups["LIBS"])
    return rooms


def complaints(root):
    rooms = table(root)
    found = []
    seen = set()
    for name, (uses, _) in rooms.items():
        found += [f"CMakeLists.txt: {name} uses {use}, which is not above it" for use in uses if use not in seen]
        seen.add(name)
    for path in files(root, "*.cpp", "*.h"):
        where = path.relative_to(root)
        if where.parts[0] != "src":
            continue
        room = where.parts[1]
        if room not in rooms:
            found.append(f"{where}: {room} is not in the table of CMakeLists.txt")
            continue
        uses, libraries = rooms[room]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not include:
                continue
            quote, header = include.groups()
            if quote == '"':
                other = header.split("/")[0]
                if "/" not in header or other not in rooms:
                    found.append(f'{where}:{number}: "{header}" names no room')
                elif other != room and other not in uses:
                    found.append(f"{where}:{number}: {room} may not include {other} (its line in CMakeLists.txt names: {' '.join(uses)})")
            for prefix, library in WRAPPED.items():
                if header.startswith(prefix) and library not in libraries:
                    found.append(f"{where}:{number}: <{header}> belongs to the room that wraps {library}")
    return found


BAD = {
    "CMakeLists.txt": "room(base USES LIBS fmt::fmt) # comment)\nroom(ir USES base)\nroom(ops USES base\n  ir DRAWER OpTable ops/table.h)\n",
    "src/base/a.h": '#include "ir/graph.h"\n',
    "src/ir/graph.h": '#include <vector>\n#include "base/a.h"\n#include <sqlite3.h>\n',
    "src/ops/drawer/b.cpp": '#include "ir/graph.h"\n  # include "base/a.h"\n#include "ops/drawer.h"\n#include "b.h"\n',
    "src/extra/c.cpp": "",
}


class Rooms(unittest.TestCase):
    def test_tree(self):
        self.assertGreaterEqual(len(table(ROOT)), 10)
        found = complaints(ROOT)
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_finds_faults(self):
        with Scratch(BAD) as root:
            self.assertEqual(
                complaints(root),
                [
                    "src/base/a.h:1: base may not include ir (its line in CMakeLists.txt names: )",
                    "src/extra/c.cpp: extra is not in the table of CMakeLists.txt",
                    "src/ir/graph.h:3: <sqlite3.h> belongs to the room that wraps PkgConfig::sqlite3",
                    'src/ops/drawer/b.cpp:4: "b.h" names no room',
                ],
            )

    def test_finds_a_cycle(self):
        with Scratch({"CMakeLists.txt": "room(a USES b)\nroom(b USES a)\n"}) as root:
            self.assertEqual(complaints(root), ["CMakeLists.txt: a uses b, which is not above it"])


if __name__ == "__main__":
    unittest.main()
