"""Python files that arrive as text: a sandboxed child sees neither the problem's folder nor the candidate's.

A file keeps its own path as its name, so that messages and tracebacks point at the user's line. `linecache` holds its text,
which is where inspect, Triton and torch look for the source of a function.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import linecache
import os
import sys
import tempfile
import tokenize


class SourceFile:
    """The bytes of one file, and the modules beside it that it imports ({"layers.py": BYTES})."""

    def __init__(self, path, data, modules):
        self.path = path
        self.data = data
        self.modules = modules

    @classmethod
    def of(cls, path, packed):
        """Takes what a request carries, or reads the file where it carries nothing. Raises OSError."""
        path = os.path.abspath(path)
        if packed is not None:
            modules = {name: text.encode("latin-1") for name, text in packed.get("modules", {}).items()}
            return cls(path, packed["text"].encode("latin-1"), modules)
        with open(path, "rb") as file:
            return cls(path, file.read(), {})

    def text(self):
        """Decodes the file as Python does. Raises SyntaxError or UnicodeDecodeError."""
        encoding, _ = tokenize.detect_encoding(io.BytesIO(self.data).readline)
        return io.TextIOWrapper(io.BytesIO(self.data), encoding).read()

    def module(self, name):
        """Makes the empty module `name` for the file and tells `linecache` its text."""
        text = self.text()
        linecache.cache[self.path] = (len(text), None, text.splitlines(keepends=True), self.path)
        module = importlib.util.module_from_spec(importlib.util.spec_from_file_location(name, self.path))
        sys.modules[name] = module
        return module

    @contextlib.contextmanager
    def neighbours(self):
        """Lets the modules beside the file be imported."""
        folder = os.path.dirname(self.path)
        if self.modules:
            folder = tempfile.mkdtemp(prefix="modules-")
            for name, data in self.modules.items():
                place = os.path.join(folder, name)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                with open(place, "wb") as file:
                    file.write(data)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            with contextlib.suppress(ValueError):
                sys.path.remove(folder)
