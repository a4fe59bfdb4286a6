"""What the checks share: the files of a tree, and a scratch tree for proving that a check can fail."""

import pathlib
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(root, *patterns):
    """Lists the files below root/src, python, tests, cmake, templates, prompts and bench that match, sorted."""
    found = set()
    for top in ("src", "python", "tests", "cmake", "templates", "prompts", "bench"):
        for pattern in patterns:
            found.update(p for p in (root / top).rglob(pattern) if p.is_file() and "__pycache__" not in p.parts)
    return sorted(found)


class Scratch:
    """A temporary tree, written from {path: text}; `with Scratch(...) as root`."""

    def __init__(self, contents):
        self.contents = contents

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        root = pathlib.Path(self.folder.name)
        for path, text in self.contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return root

    def __exit__(self, *_):
        self.folder.cleanup()
