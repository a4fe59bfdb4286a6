"""Checks that the Python worker imports only the standard library, torch, triton, and itself."""

import ast
import sys
import unittest

from tree import ROOT, Scratch

ALLOWED = set(sys.stdlib_module_names) | {"torch", "triton", "kernelagent_worker"}


def complaints(root):
    found = []
    for path in sorted((root / "python" / "kernelagent_worker").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(), str(path))):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module]
            for module in modules:
                if module.split(".")[0] not in ALLOWED:
                    found.append(f"{path.relative_to(root)}:{node.lineno}: the worker may not import {module}")
    return found


class Worker(unittest.TestCase):
    def test_tree(self):
        found = complaints(ROOT)
        self.assertFalse(found, "\n" + "\n".join(found))

    def test_finds_imports(self):
        bad = {"python/kernelagent_worker/a.py": "import os, yaml.x\nfrom . import b\nfrom torch import nn\ndef f():\n  from numpy import pi\n"}
        with Scratch(bad) as root:
            self.assertEqual(
                complaints(root),
                [
                    "python/kernelagent_worker/a.py:1: the worker may not import yaml.x",
                    "python/kernelagent_worker/a.py:5: the worker may not import numpy",
                ],
            )


if __name__ == "__main__":
    unittest.main()
