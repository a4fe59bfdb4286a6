"""All mutants of all accepted kernels: the judge rejects at least 99 in 100 of those that compute something else."""

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mutants"))

import measure  # noqa: E402


def test_mutants_are_rejected(tmp_path):
    if not measure.BINARY.exists():
        pytest.skip(f"{measure.BINARY} is not built")
    examples, not_composed = measure.composed(tmp_path, sorted((ROOT / "examples").glob("*.py")))
    assert not_composed == []
    programs, rows = measure.run(measure.genuine() + examples, each=5, seed=1)
    assert [one for one in programs if "refused" in one] == []
    record = measure.summary(rows)
    assert record["not_equivalent"] >= 200
    assert record["rejected_share"] >= 0.99, record["survivors"]
    assert [one for one in record["survivors"] if not one["why"]] == []
