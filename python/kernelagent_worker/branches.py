"""Which way the tests of a problem's code went: `if`, `while` and conditional expressions inside functions.

A program whose Python looks at values of tensors is judged on the branches that the inputs took, and on no others.
"""

from __future__ import annotations

import ast
import contextlib

_NAME = "__went__"  # ends in underscores: inside a class it keeps its name


class Branches(ast.NodeTransformer):
    """Rewrites each test of a tree into a call that notes what it gave, once."""

    def __init__(self, source):
        self.recording = False
        self._source = source
        self._inside = 0  # functions around the present node
        self._tests = []  # (line, text, outcomes seen)

    def rewrite(self, tree):
        with contextlib.suppress(RecursionError):  # then the tests below the depth that Python allows are not watched
            self.visit(tree)
        return tree

    def install(self, module):
        vars(module)[_NAME] = self._went

    def seen(self):
        """Returns [{"line","text","taken","not_taken"}…] in the order of the text."""
        return [{"line": line, "text": text, "taken": True in outcomes, "not_taken": False in outcomes}
                for line, text, outcomes in sorted(self._tests, key=lambda test: test[0])]

    def visit_FunctionDef(self, node):
        self._inside += 1
        node.body = [self.visit(statement) for statement in node.body]  # not decorators and defaults
        self._inside -= 1
        return node

    def _visit_test(self, node):
        self.generic_visit(node)
        if self._inside and not isinstance(node.test, ast.Constant):
            text = ast.get_source_segment(self._source, node.test) or ""
            index = ast.copy_location(ast.Constant(len(self._tests)), node.test)
            name = ast.copy_location(ast.Name(_NAME, ast.Load()), node.test)
            self._tests.append((node.test.lineno, " ".join(text.split())[:120], set()))
            node.test = ast.copy_location(ast.Call(name, [index, node.test], []), node.test)
        return node

    visit_If = visit_While = visit_IfExp = _visit_test

    def _went(self, index, value):
        taken = bool(value)
        if self.recording:
            self._tests[index][2].add(taken)
        return taken
