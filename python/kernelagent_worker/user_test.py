"""Runs the user's own test of a finished program, which finds it as the module `kernel`. It can only reject: the judge has accepted it."""

from __future__ import annotations

import contextlib
import io
import sys

from kernelagent_worker.protocol import Failure, failure_from
from kernelagent_worker.source import SourceFile

_SHOWN = 4000  # characters of what the test printed


def run(request):
    """{"test","kernel","problem": {"path","source"}} → {"passed","why","printed"}. The test passes as a script does: it ends without
    an exception, or exits with 0."""
    said, why = io.StringIO(), ""
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        for name in ("problem", "kernel"):
            module = _execute(request[name], name)
        sys.modules["composed_kernel"] = module
        try:
            _execute(request["test"], "__main__")
        except Failure as failure:
            place = f" (line {failure.line})" if failure.line else ""
            why = failure.message + place
        except SystemExit as end:
            why = "" if end.code in (None, 0) else f"it exits with {end.code}"
    return {"passed": not why, "why": why, "printed": said.getvalue()[-_SHOWN:]}


def _execute(described, name):
    file = SourceFile.of(described["path"], described["source"])
    sys.argv = [file.path]
    module = file.module(name)
    try:
        with file.neighbours():
            exec(compile(file.data, file.path, "exec", dont_inherit=True), module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        raise failure_from(error, "raised", file.path) from None
    return module
