"""A turn of timed calls, without a GPU: what is between the events, in which order, on which contents."""

import json
import os
import time

import pytest
import torch
from judge_bench import PROBLEMS, ROOT, Judging, here

from kernelagent_worker import bench, clocks, stopwatch
from kernelagent_worker.protocol import Failure


class HostClock:
    """In place of CUDA's events; notes when it was started."""

    def start(self):
        self.first = time.perf_counter()

    def stop(self):
        return (time.perf_counter() - self.first) * 1e3


@pytest.fixture
def host(monkeypatch):
    monkeypatch.setattr(stopwatch, "clock_for", lambda device: HostClock())
    monkeypatch.setattr(stopwatch, "_FLUSH_BYTES", 1 << 16)


def test_only_a_gpu_has_a_clock():
    with pytest.raises(Failure, match="nothing can be timed on cpu"):
        stopwatch.Stopwatch("cpu")
    with pytest.raises(Failure, match="nothing can be timed on cpu"):
        bench.Role().handle({"request": "load", "side": "reference", "device": "cpu"})
    assert clocks.read("cpu") == {}


def test_no_call_sees_what_an_earlier_one_saw(host):
    watch, seen = stopwatch.Stopwatch("cpu"), []
    sets = [[torch.arange(1000.0), torch.arange(7)], [torch.arange(1000.0) + 5000, torch.arange(7)]]

    def call(number):
        assert not watch.flush.any()  # the flush came first
        watch.flush.fill_(1)
        seen.append((number, *(tensor.clone() for tensor in sets[number])))
        return number

    samples, last = watch.turn(9, sets, call)
    assert len(samples) == 9 and all(0 < sample < 1000 for sample in samples) and last == 0
    assert [number for number, *_ in seen] == [0, 1] * 4 + [0]
    contents = {tuple(floats.tolist()) for _, floats, _ in seen}
    assert len(contents) == 9  # an exchange of an element with itself has a chance of one in a thousand, and the seed is fixed
    for number, floats, integers in seen:
        assert sorted(floats.tolist()) == [value + 5000 * number for value in range(1000)]  # only places change
        assert integers.tolist() == list(range(7))  # an index is nobody's to move


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def test_the_last_timed_results_are_kept(host):
    judging = Judging(PROBLEMS / "softmax.py")
    role = here("bench")
    role.handle({"request": "load", "side": "candidate", "path": str(ROOT / "genuine" / "softmax_rows.py"), "device": "cpu", "mode": "train",
                 "seed": 42, "init_inputs": [], "inputs": 1, "state": []})
    made = judging.ask("allocate", device="cpu", groups={"inputs0": {"0": judging.facts["inputs"][0]["tensor"]}, "none": {},
                                                         "timed": {"output.0": judging.facts["outputs"][0]}})
    Judging.bind(role, made, list(made["groups"]))
    Judging.bind(judging.reference, made, ["inputs0"])
    items = judging.reference.handle({"request": "inputs", "seed": 5, "group": "inputs0"})["inputs"]
    assert role.handle({"request": "prepare", "contender": "candidate", "sets": [items], "state": "none", "seed": 1})["warm_up_seconds"] > 0
    reply = role.handle({"request": "time", "calls": 3})
    assert len(reply["calls_ms"]) == 3
    assert role.handle({"request": "result", "set": None, "outputs": "timed"}) == {"refused": []}
    inputs, timed = (judging.compare.group(name).tensors for name in ("inputs0", "timed"))
    assert torch.allclose(timed["output.0"], torch.softmax(inputs["0"], dim=-1))  # as the last exchange left them
    assert judging.ask("idle", calls=2, groups=["inputs0"]) == {"clocks": {}}
    judging.close()


def test_the_pages_examples_are_answered(host):
    """tests/protocol/bench.json: what src/judge/race.cpp asks, and the fields it reads."""
    with open(os.path.join(ROOT, "protocol", "bench.json")) as file:
        examples = json.load(file)
    judging = Judging(PROBLEMS / "softmax.py")
    role = here("bench")
    role.handle({"request": "load", "side": "reference", "problem": str(PROBLEMS / "softmax.py"), "device": "cpu", "mode": "train", "seed": 42})
    made = judging.ask("allocate", device="cpu", groups={"inputs0": {"0": judging.facts["inputs"][0]["tensor"]}, "own": {},
                                                         "kept": {"output.0": judging.facts["outputs"][0]}})
    Judging.bind(role, made, list(made["groups"]))
    for example in examples:
        request = {key: value for key, value in example["request"].items() if key != "id"}
        reply = (role if example["role"] == "bench" else judging.compare).handle(request)
        assert reply.keys() == example["reply"].keys() - {"id", "ok"}, example["request"]["request"]
        if request["request"] == "time":
            assert len(reply["calls_ms"]) == len(example["reply"]["calls_ms"]) == request["calls"]
    judging.close()
