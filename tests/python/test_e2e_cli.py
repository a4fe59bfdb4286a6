"""Runs every folder of tests/cli/ on the real binary and compares what it prints and its exit code.

A case is a folder with
  cmd             a shell script; `kernelagent` and $PYTHON are there, the folder's files are copied to the working folder
  expected.out    standard output and standard error together, after `normalise`
  expected.code   the exit code
  needs           optional: a shell command; where it fails, the case is skipped

KERNELAGENT_UPDATE_GOLDEN=1 writes expected.out and expected.code anew (./dev golden --update).
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = sorted(path.parent for path in (ROOT / "tests/cli").glob("*/cmd"))
BINARY = pathlib.Path(os.environ.get("KERNELAGENT_BIN", ROOT / "build/release/kernelagent"))
UPDATE = os.environ.get("KERNELAGENT_UPDATE_GOLDEN") == "1"
TIMEOUT = 600

SETTINGS = ("KERNELAGENT_", "NUM_KERNEL_SEEDS", "MAX_REFINEMENT_ROUNDS", "LOG_LEVEL", "NO_COLOR", "OPENAI_MODEL")


def environment(folder):
    """The test's own environment less every setting, with the binary first on PATH."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(SETTINGS)}
    tools = folder.parent / "bin"
    tools.mkdir()
    (tools / "kernelagent").symlink_to(BINARY.resolve())
    return {**kept, "PATH": f"{tools}:{kept['PATH']}", "PYTHON": sys.executable, "KERNELAGENT_PYTHON": sys.executable,
            "KERNELAGENT_PLATFORM": "cpu", "KERNELAGENT_JUDGE_SEED": "1001", "EXAMPLES": str(ROOT / "examples"), "TERM": "dumb", "LC_ALL": "C.UTF-8"}


def normalise(text, folder):
    """Replaces what differs between machines and moments: folders, run ids, durations, versions, error figures."""
    for path, word in ((sys.executable, "<python>"), (folder, "<case>"), (ROOT, "<repo>")):  # the interpreter may lie in the repository
        text = text.replace(str(path), word)
    text = re.sub(r"(run|suite)_\d{8}_\d{6}_[0-9a-f]{8}", r"<\1>", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", "<time>", text)
    text = re.sub(r" *\b\d+ min \d\d s\b| *\b\d+(\.\d+)? (ms|s)\b", " <duration>", text)
    text = re.sub(r"\b0\.\d+\.\d+ \([0-9a-f]{7,}\)", "<version>", text)
    text = re.sub(r"^0\.\d+\.\d+$", "<version>", text, flags=re.MULTILINE)
    text = re.sub(r"\bkernelagent 0\.\d+\.\d+", "kernelagent <version>", text)
    text = re.sub(r"rms \d\S*", "rms <number>", text)
    text = re.sub(r"own \d[^;)\s]*", "own <number>", text)
    text = re.sub(r"allowed \d\S*", "allowed <number>", text)
    text = re.sub(r"at most \S+ of", "at most <number> of", text)
    text = re.sub(r"→ \S+ of the allowed error", "→ <number> of the allowed error", text)
    text = re.sub(r"last read: '[^\n]*' \(", "last read: <text> (", text)
    text = re.sub(r'("\w*bound_used": )[\d.e-]+', r"\1<number>", text)
    text = re.sub(r"\b\S+ % of the allowed error", "<share> of the allowed error", text)
    return text


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_cli(case, tmp_path):
    if not BINARY.exists():
        pytest.skip(f"{BINARY} is not built")
    folder = tmp_path / "case"
    shutil.copytree(case, folder, ignore=shutil.ignore_patterns("cmd", "needs", "expected.*"))
    variables = environment(folder)
    needs = case / "needs"
    if needs.exists() and subprocess.run(["bash", needs], cwd=folder, env=variables, capture_output=True).returncode != 0:
        pytest.skip(f"needs: {needs.read_text().strip()}")
    done = subprocess.run(["bash", case / "cmd"], cwd=folder, env=variables, stdin=subprocess.DEVNULL, timeout=TIMEOUT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    printed, code = normalise(done.stdout, folder), f"{done.returncode}\n"
    if UPDATE:
        (case / "expected.out").write_text(printed)
        (case / "expected.code").write_text(code)
        return
    hint = f"\nif this is right now: KERNELAGENT_UPDATE_GOLDEN=1 ctest -R e2e_cli (./dev golden --update)\n{done.stdout}"
    assert printed == (case / "expected.out").read_text(), hint
    assert code == (case / "expected.code").read_text(), hint
