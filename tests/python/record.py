"""Keeps what a long test counted, where KERNELAGENT_RECORD names a file (those of bench/results/ are made so)."""

import datetime
import json
import os
import pathlib
import subprocess

from e2e import BINARY


def write_record(counts):
    """Writes what was counted, with date, version and commit, beside what the same program counted before; nothing unless a file is named."""
    path = pathlib.Path(os.environ.get("KERNELAGENT_RECORD", ""))
    if path.name:
        program = json.loads(subprocess.run([BINARY, "version", "--json"], capture_output=True, text=True).stdout)
        head = {"date": datetime.date.today().isoformat(), "kernelagent": f"{program['version']} ({program['commit']})"}
        kept = json.loads(path.read_text()) if path.exists() else {}
        kept = kept if kept.get("kernelagent") == head["kernelagent"] else {}
        path.write_text(json.dumps({**kept, **head, **counts}, indent=1) + "\n")
