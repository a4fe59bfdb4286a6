"""Every genuine kernel passes, and every escape that numbers can catch fails, on each of the judge's distributions."""

import pathlib

import pytest
from judge_bench import PROBLEMS, ROOT, Judging, accepted

from kernelagent_worker.protocol import Failure

DISTRIBUTIONS = ["normal", "uniform", "heavy_tailed", "large", "tiny", "sparse", "constant_rows", "integers", "mixed_sign",
                 "nonfinite"]


def fields_of(path):
    head = [line[2:].split(": ", 1) for line in path.read_text().split("\n") if line.startswith("# ")]
    return {pair[0]: pair[1] for pair in head if len(pair) == 2}


def cases(folder):
    return [pytest.param(path, id=path.stem) for path in sorted((ROOT / folder).glob("*.py"))]


def judge(path):
    """Returns the names of the trials that failed."""
    judging = Judging(PROBLEMS / (fields_of(path)["problem"] + ".py"))
    judging.load(path)
    failed = []
    for number, distribution in enumerate(["own", *DISTRIBUTIONS]):
        if distribution != "own":
            judging.ask("fill", group="inputs", distribution=distribution, seed=number)
            judging.ask("jitter", group="state", seed=number)
        reference = judging.settle(halves=distribution == "integers")
        before = judging.ask("digest", groups=["inputs", "state"])
        judging.run_candidate()
        figures = judging.measure(nonfinite_inputs=distribution == "nonfinite")["figures"]
        if judging.ask("digest", groups=["inputs", "state"]) != before or not accepted(judging, figures, reference):
            failed.append(distribution)
    return failed


@pytest.mark.parametrize("path", cases("genuine"))
def test_genuine(path):
    assert judge(path) == []


NUMERIC = {"rms bound", "largest bound", "NaN placement", "exact integers", "made values", "state variation", "mutations"}


def numeric(path):
    """Is this an escape that values alone give away? The others are judge_cases_test.cpp's."""
    fields = fields_of(path)
    caught_by = set(fields["defences"].split(", "))
    elsewhere = "needs" in fields or fields.get("effort") == "thorough"
    return fields["expect"] == "wrong" and caught_by <= NUMERIC and not elsewhere


@pytest.mark.parametrize("path", [case for case in cases("escapes") if numeric(case.values[0])])
def test_wrong_values(path):
    assert judge(path) != []


@pytest.mark.parametrize("stem,kind", [("gelu_system_exit", "raised"), ("gelu_unbound", "no_entry"), ("gelu_dies", "raised")])
def test_refusals(stem, kind):
    judging = Judging(PROBLEMS / "gelu.py")
    with pytest.raises(Failure) as raised:
        judging.load(ROOT / "escapes" / (stem + ".py"))
        judging.run_candidate()
    assert raised.value.kind == kind
