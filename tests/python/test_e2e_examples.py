"""Every example becomes a composed Triton program that the judge accepts, with no more kernels than the golden count."""

import json
import os
import pathlib

import pytest
from e2e import ROOT, run_problems

EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
COUNTS = ROOT / "tests/golden/kernel_counts.txt"
UPDATE = os.environ.get("KERNELAGENT_UPDATE_GOLDEN") == "1"

# What fusion promises; the golden file has the exact counts.
PROMISED = {"gelu_mlp": 2, "layernorm_residual": 1, "softmax_odd_rows": 1, "rmsnorm": 1, "cross_entropy": 2, "masked_mean": 1}


def golden_counts():
    rows = (line.split() for line in COUNTS.read_text().splitlines() if line and not line.startswith("#")) if COUNTS.exists() else []
    return {name: int(count) for name, count in rows}


def launches(run):
    """Counts the launches of a run's program: of each subgraph's kernel, as often as it is used."""
    total = 0
    for subgraph in json.loads((run / "subgraphs.json").read_text()):
        kernel = json.loads((run / "kernels_out" / subgraph["id"] / "kernel.json").read_text())
        total += subgraph.get("count", 1) * len(kernel["launches"])
    return total


@pytest.fixture(scope="session")
def counted():
    """The counts of this session, written down at its end where golden files are updated."""
    counts = {}
    yield counts
    if UPDATE and counts:
        merged = {**golden_counts(), **counts}
        lines = ["# kernel launches of each example's composed program", *(f"{name} {merged[name]}" for name in sorted(merged))]
        COUNTS.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="session")
def ran(tmp_path_factory):
    """All examples, run by one process: the folder, the outcomes by name, the process."""
    folder = tmp_path_factory.mktemp("examples")
    return folder, *run_problems(EXAMPLES, folder)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example, ran, counted):
    folder, outcomes, done = ran
    assert example.stem in outcomes, done.stderr[-4000:]
    outcome = outcomes[example.stem]
    assert outcome["status"] == "accepted", outcome
    run = pathlib.Path(folder / outcome["directory"])
    notes = [event for event in map(json.loads, (run / "events.jsonl").read_text().splitlines()) if event["event"] == "warned"]
    assert not notes, notes
    for artifact in ("run.json", "graph.json", "route.json", "subgraphs.json", "plan.txt", "fused_code.py", "orchestrator/code.py.tgz",
                     "events.jsonl", "kernels_out/summary.json", "compose_out/composed_kernel.py", "compose_out/summary.json",
                     "compose_out/certificate.json"):
        assert (run / artifact).stat().st_size > 0, artifact
    counted[example.stem] = count = launches(run)
    assert count <= PROMISED.get(example.stem, 1000)
    if not UPDATE:
        assert count == golden_counts()[example.stem], "if this is right now: ./dev golden --update"


def test_all_of_them_make_a_success(ran):
    assert ran[2].returncode == 0, ran[2].stderr[-4000:]


def test_promises_are_kept_by_examples():
    assert set(PROMISED) <= {example.stem for example in EXAMPLES}
    assert len(EXAMPLES) >= 12
