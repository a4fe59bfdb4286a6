"""What a source defines, imports, calls and names, and where: as src/judge/outline.h writes it from its own syntax tree."""

from __future__ import annotations

import ast

from kernelagent_worker.protocol import Failure


def outline(source):
    """Returns lines "KIND LINE:COLUMN NAME", sorted. What stands inside an f-string has the place of the whole string."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise Failure("syntax", error.msg or "invalid syntax", line=error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise Failure("syntax", f"{type(error).__name__}: {error}") from None
    lines = []
    _visit(tree, None, lines)
    return "\n".join(sorted(lines))


def _visit(tree, place, lines):
    pending = [(tree, place)]
    while pending:
        node, place = pending.pop()
        text = _line(node, place or node)
        if text is not None:
            lines.extend(text)
        inside = place or (node if isinstance(node, ast.JoinedStr) else None)
        pending.extend((child, inside) for child in ast.iter_child_nodes(node))


def _line(node, place):
    def entry(kind, name=""):
        return [f"{kind} {place.lineno}:{place.col_offset} {name}"]

    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return entry("function", node.name)
    if isinstance(node, ast.ClassDef):
        return entry("class", node.name)
    if isinstance(node, ast.Lambda):
        return entry("lambda")
    if isinstance(node, ast.Call):
        return entry("call")
    if isinstance(node, ast.Attribute):
        return entry("attribute", node.attr)
    if isinstance(node, ast.Name):
        return entry("name", node.id)
    if isinstance(node, ast.ImportFrom):
        return entry("from", "." * node.level + (node.module or ""))
    if isinstance(node, ast.alias):
        return entry("import", f"{node.name} {node.asname}" if node.asname else node.name)
    return None
