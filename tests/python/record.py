"""Keeps what a long test counted, where KERNELAGENT_RECORD names a folder (files of bench/results/ are made so)."""

import datetime
import json
import os
import pathlib
import subprocess

from e2e import BINARY


def record_path(name):
    """Where the record of this name is kept; None where none is wanted."""
    folder = os.environ.get("KERNELAGENT_RECORD", "")
    return pathlib.Path(folder) / name if folder else None


def write_record(name, counts):
    """Writes what was counted, with date, version and commit, beside what the same program counted before; nothing where none is wanted."""
    if path := record_path(name):
        program = json.loads(subprocess.run([BINARY, "version", "--json"], capture_output=True, text=True).stdout)
        head = {"date": datetime.date.today().isoformat(), "kernelagent": f"{program['version']} ({program['commit']})"}
        kept = json.loads(path.read_text()) if path.exists() else {}
        kept = kept if kept.get("kernelagent") == head["kernelagent"] else {}
        path.write_text(json.dumps({**kept, **head, **counts}, indent=1) + "\n")
