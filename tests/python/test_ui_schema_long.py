"""5,000 requests that Schemathesis makes from the description which the real server serves: none is answered with 5xx, none hangs, none is
answered otherwise than described.

KERNELAGENT_RECORD names a folder whose ui_fuzz.json keeps the counts."""

import json
import pathlib
import subprocess
import sys

import pytest
from record import write_record
from test_ui_server import RELU, serving

schemathesis = pytest.importorskip("schemathesis")

# A well-formed request may name a problem that is not listed or a setting that is not to be chosen.
CONFIG = """
[[operations]]
include-operation-id = ["startRun", "startSuite"]
checks.positive_data_acceptance.enabled = false
[[operations]]
include-operation-id = ["followRun", "listFiles", "packRun"]
parameters = {{ "path.run" = "{run}" }}
[[operations]]
include-operation-id = "showFile"
parameters = {{ "path.run" = "{run}", "path.file" = "compose_out/composed_kernel.py" }}
"""
PASSES = {
    "every address": ("--phases", "examples,coverage,fuzzing", "--max-examples", "300"),
    "one after the other": ("--phases", "stateful", "--max-examples", "100", "--exclude-operation-id", "followRun"),
}


def fuzz(folder, address, *words):
    """Runs Schemathesis; returns its report."""
    report = folder / "report.json"
    # Methods that no server knows are refused by the library that reads requests, as requests that cannot be read. What one chain of
    # requests has made another may have deleted, by its place in the list.
    command = [pathlib.Path(sys.executable).with_name("schemathesis"), "--config-file", folder / "schemathesis.toml", "run", f"{address}api/v1/openapi.json", "--seed", "7",
               "--request-timeout", "20", "--continue-on-failure", "--no-shrink", "--exclude-checks", "unsupported_method,ensure_resource_availability", "--report", "json", "--report-json-path", report, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert report.exists(), done.stdout + done.stderr
    return json.loads(report.read_text()), done.stdout


def test_what_is_described_is_what_is_answered(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    with serving(work) as server:
        run = server.ask("POST", "/api/v1/runs", {"text": RELU, "settings": {"effort": "quick"}})[1]["run"]
        server.wait(run, "accepted")
    (tmp_path / "schemathesis.toml").write_text(CONFIG.format(run=run))
    counts, total = {}, 0
    # What the requests start is to end at once: the server is what is tested.
    with serving(work, "--python", "/bin/false") as server:
        for name, words in PASSES.items():
            report, said = fuzz(tmp_path, server.address, *words)
            counts[name] = {"requests": report["test_cases"]["generated"], "findings": report["failures"], "seconds": round(report["running_time"], 1)}
            total += counts[name]["requests"]
            assert report["failures"] == [] and report["exit_code"] == 0, said[said.find("FAILURES"):]
        assert server.process.poll() is None and server.ask("GET", "/api/v1/health")[0] == 200
    write_record("ui_fuzz.json", {"schemathesis": schemathesis.__version__, "requests": total, **counts})
    assert total >= 5000
