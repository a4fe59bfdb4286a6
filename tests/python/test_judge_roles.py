"""The judge's measuring parts, one by one: shared memory, inputs, distances, the trace, the launches, what roles refuse."""

import math
import os

import pytest
import torch
from judge_bench import PROBLEMS, ROOT, Judging, accepted

from kernelagent_worker import call, checked, dispatch_trace, inputs, launches, measure, modulestate, transport
from kernelagent_worker.protocol import Failure

TYPE = {"dtype": "float32", "shape": [3, 5]}


def write(path, text):
    path.write_text(text)
    return path


# --- shared memory ---


def test_a_group_is_seen_by_both_sides_and_guarded():
    ours = transport.Group.allocate({"a": TYPE, "b": {"dtype": "int64", "shape": [2], "stride": [3]}, "none": {"dtype": "float32", "shape": [0, 4]}}, "cpu")
    ours.words().fill_(-1)
    descriptors = []
    description = ours.describe(descriptors)
    theirs = transport.open_group(description, descriptors)
    with pytest.raises(OSError):
        os.ftruncate(descriptors[0], 0)  # nobody pulls the memory away
    for handle in ({"descriptor": 1, "bytes": 4096}, {"descriptor": 0, "bytes": 1 << 40}):
        with pytest.raises(Failure):
            transport.open_group({**description, "handle": handle}, descriptors)
    os.close(descriptors[0])
    ours.tensors["a"].copy_(torch.arange(15.0).view(3, 5))
    assert theirs.tensors["a"].tolist() == ours.tensors["a"].tolist()
    assert theirs.tensors["a"].untyped_storage().nbytes() == 60  # not the whole group
    assert theirs.flat("b").numel() == 4 and theirs.tensors["none"].shape == (0, 4)
    base = transport.Group.flat(ours, "a")
    after = torch.frombuffer(ours.memory._mapping, dtype=torch.float32, count=4, offset=ours.layout["a"]["at"] + 60)
    assert torch.isnan(after).all() and base.numel() == 15
    ours.close()


def test_a_checked_call_gets_tensors_that_end_with_their_memory(tmp_path):
    types = {"0": {**TYPE, "stride": [1, 3]}}
    groups, descriptors = {}, []
    for name, kinds in (("inputs", types), ("state", {"fc.weight": {"dtype": "float32", "shape": [4]}})):
        group = transport.Group.allocate(kinds, "cpu")
        group.words().fill_(0)
        groups[name] = group.describe(descriptors)
        group.tensors[next(iter(kinds))].fill_(len(name))
    role = checked.Role()
    role.handle({"request": "bind", "groups": groups, "descriptors": descriptors})
    path = write(tmp_path / "kernel.py", "seen = []\n\ndef kernel_function(x, fc_weight):\n    seen.append((x, fc_weight))\n    return x\n")
    role.handle({"request": "load", "path": str(path), "device": "cpu", "mode": "train", "seed": 1, "init_inputs": [], "inputs": 1,
                 "state": ["fc.weight"]})
    assert role.handle({"request": "run", "inputs": [{"tensor": "inputs/0"}], "state": "state", "seed": 1, "outputs": ""}) == {}
    (x, weight), = role.function.__globals__["seen"]
    assert x.stride() == (1, 3) and x.storage_offset() == 0 and x.untyped_storage().nbytes() == 60 and x.unique().tolist() == [6]
    assert weight.untyped_storage().nbytes() == 16 and weight.tolist() == [5, 5, 5, 5]
    for descriptor in descriptors:
        os.close(descriptor)


# --- inputs ---


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("distribution", sorted(inputs.DISTRIBUTIONS) + ["constant_rows"])
def test_distributions_are_finite_seeded_and_full(distribution, dtype):
    first, again, other = (torch.full((40, 50), float("inf"), dtype=dtype) for _ in range(3))
    for tensor, seed in ((first, 1), (again, 1), (other, 2)):
        inputs.fill(tensor, tensor.view(-1), distribution, seed, inputs.Profile(), False)
    assert torch.equal(first.nan_to_num(), again.nan_to_num())
    if distribution != "zeros":
        assert not torch.equal(first.nan_to_num(), other.nan_to_num())
    if distribution not in ("nonfinite", "nan"):
        assert torch.isfinite(first).all()
    inputs.fill(first, first.view(-1), distribution, 1, inputs.Profile(), True)
    assert (first.nan_to_num() >= 0).all()


def test_indices_and_labels_stay_in_the_domain():
    profile = inputs.Profile()
    profile.observe(torch.tensor([3, 9, 4]))
    made = torch.zeros(1000, dtype=torch.int64)
    inputs.fill(made, made, "large", 1, profile, False)
    assert made.min() == 3 and made.max() == 9
    labels = inputs.Profile()
    labels.observe(torch.tensor([-1.0, 1.0] * 50))
    made = torch.zeros(1000)
    inputs.fill(made, made, "normal", 1, labels, False)
    assert set(made.tolist()) == {-1.0, 1.0}
    flags = inputs.Profile()
    flags.observe(torch.tensor([True, False]))
    made = torch.zeros(1000, dtype=torch.bool)
    inputs.fill(made, made, "normal", 1, flags, False)
    assert 300 < int(made.sum()) < 700


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_perturbing_moves_by_exactly_one_ulp(dtype):
    source = torch.randn(1000).to(dtype)
    source[0], source[1], source[2], source[3] = 0.0, float("inf"), float("nan"), torch.finfo(dtype).max
    moved = torch.empty_like(source)
    inputs.perturb(source, moved, 5)
    bits = {2: torch.int16, 4: torch.int32, 8: torch.int64}[dtype.itemsize]
    steps = (moved[4:].view(bits).long() - source[4:].view(bits).long()).abs()
    assert (steps == 1).all()
    assert moved[0] == 0 and moved[1] == float("inf") and moved[2].isnan() and torch.isfinite(moved[3])


def test_digests_see_every_bit_and_every_place():
    words = torch.arange(1000, dtype=torch.int64)
    first = inputs.digest(words)
    assert first == inputs.digest(words.clone())
    swapped = words.clone()
    swapped[3], swapped[4] = words[4], words[3]
    flipped = words.clone()
    flipped[999] ^= 1 << 62
    assert len({first, inputs.digest(swapped), inputs.digest(flipped)}) == 3


@pytest.mark.parametrize("value", [[1, 2.5, "x", None, True], (1, (2, 3)), {"k": [1, (2,)]}, torch.float16, float("inf"), 0.1])
def test_constructor_arguments_cross(value):
    import json
    back = inputs.decode(json.loads(json.dumps(inputs.encode(value))))
    assert back == value and type(back) is type(value)


# --- distances ---


def oracle_of(values, dtype=torch.float32):
    return measure.Oracle(torch.tensor(values, dtype=torch.float64), dtype)


def test_distance_of_known_values():
    oracle = oracle_of([1.0, -2.0, 0.0, 5.0])
    found = measure.compare(torch.tensor([1.0, -2.0, 0.5, 5.0]), oracle, torch.tensor([1.0, -2.0, 0.0, 5.0]))
    assert found["max_error"] == 0.5 and found["rms_error"] == 0.25 and found["misplaced"] == 0
    assert found["max_scaled"] == 0.5 / 2.0  # the floor: mean |oracle|
    assert found["worst_index"] == [2] and found["worst_value"] == 0.5 and found["worst_expected"] == 0.0


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize("y,own,truth,misplaced", [
    (NAN, 1.0, 1.0, 1), (INF, 1.0, 1.0, 1), (1.0, NAN, NAN, 1), (NAN, NAN, NAN, 0), (INF, INF, 1e300, 0), (-INF, INF, 1e300, 1),
    (1.0, INF, 1.0, 0), (INF, NAN, INF, 0), (NAN, INF, INF, 1), (1.0, NAN, INF, 1)])
def test_not_finite_numbers_have_their_places(y, own, truth, misplaced):
    found = measure.compare(torch.tensor([2.0, y]), oracle_of([2.0, truth]), torch.tensor([2.0, own]))
    assert found["misplaced"] == misplaced


def test_zero_oracle_and_poison_are_infinitely_far():
    assert measure.compare(torch.tensor([1e-30, 0.0]), oracle_of([0.0, 0.0]))["max_scaled"] == math.inf
    left = torch.zeros(2)
    for pattern in (0, 1):
        inputs.poison(left, pattern)
        found = measure.compare(left, oracle_of([1.0, 2.0]), torch.tensor([1.0, 2.0]))
        assert found["misplaced"] == 2 or found["max_scaled"] > 1e9


def test_discrete_results_match_some_run_of_the_reference():
    oracle = measure.Oracle(torch.tensor([1, 2, 3]), torch.int64)
    assert measure.compare(torch.tensor([1, 2, 4]), oracle)["differing"] == 1
    oracle.variants.append(torch.tensor([1, 2, 4]))
    assert measure.compare(torch.tensor([1, 2, 4]), oracle)["differing"] == 0
    found = measure.compare(torch.tensor([1, 9, 4]), oracle)
    assert found["differing"] == 1 and found["worst_index"] == [1] and found["worst_value"] == 9


def test_chunks_do_not_change_the_figures(monkeypatch):
    truth, y = torch.randn(1000, dtype=torch.float64), torch.randn(1000)
    whole = measure.compare(y, measure.Oracle(truth, torch.float32), y)
    monkeypatch.setattr(measure, "CHUNK", 37)
    parts = measure.compare(y, measure.Oracle(truth, torch.float32), y)
    assert parts["worst_index"] == whole["worst_index"] and parts["rms_error"] == pytest.approx(whole["rms_error"])


# --- the trace ---


def operators_of(function, *tensors):
    owners = {call.storage_of(tensor): ("input", tuple(tensor.shape), tuple(tensor.stride())) for tensor in tensors}
    trace = dispatch_trace.OperatorTrace(owners, launches.watch(), 0)
    launches.watch().begin()
    with trace:
        result = function(*tensors)
    return {one["name"]: one for one in trace.operators()}, result


def test_the_trace_names_targets_and_sources():
    x, static = torch.randn(4, 4), torch.zeros(4, 4)
    seen, _ = operators_of(lambda x: torch.empty(3).fill_(1.0), x)
    assert seen["aten.fill_.Scalar"]["target"] == "fresh"
    seen, _ = operators_of(lambda x: static.copy_(x), x)
    assert seen["aten.copy_.default"]["target"] == "program" and seen["aten.copy_.default"]["source"] == "input as passed, same layout"
    seen, _ = operators_of(lambda x: x.zero_(), x)
    assert seen["aten.zero_.default"]["target"] == "input"
    seen, _ = operators_of(lambda x: x.t().contiguous(), x)
    assert seen["aten.clone.default"]["source"] == "input"
    seen, _ = operators_of(lambda x: x.contiguous(), torch.randn(4, 4).t())
    assert seen["aten.clone.default"]["source"] == "input as passed"
    seen, _ = operators_of(lambda x: x @ x + x.relu(), x)
    assert {"aten.mm.default", "aten.relu.default", "aten.add.Tensor"} <= set(seen)


def test_what_is_allocated_is_poisoned():
    _, made = operators_of(lambda: (torch.empty(5), torch.empty_like(torch.zeros(2, 3)), torch.empty(3, dtype=torch.int32), torch.zeros(4)))
    assert made[0].isnan().all() and made[1].isnan().all() and (made[2] > 1 << 30).all() and (made[3] == 0).all()


def test_module_state_counts_plain_attributes_and_is_put_back():
    module = torch.nn.BatchNorm1d(3)
    module.hidden, module.steps = torch.zeros(2), 0
    assert [kind for kind, _ in modulestate.tensors_of(module).values()] == ["parameter"] * 2 + ["buffer"] * 3 + ["attribute"]
    snapshot = modulestate.Snapshot(module)
    module.hidden, module.steps, module.extra = torch.ones(5), 7, 1
    snapshot.restore()
    assert module.steps == 0 and module.hidden.shape == (2,) and not hasattr(module, "extra")
    version = module.weight._version
    with torch.no_grad():
        modulestate.load(module, {"weight": torch.full((3,), 2.0)})
    assert module.weight[0] == 2 and module.weight._version > version


# --- roles ---


def test_mutated_inputs_and_wrong_statistics_show():
    judging = Judging(PROBLEMS / "batch_norm.py")
    assert set(judging.facts["mutations"]) == {"state.bn.running_mean", "state.bn.running_var", "state.bn.num_batches_tracked"}
    judging = Judging(PROBLEMS / "add_inplace.py")
    assert list(judging.facts["mutations"]) == ["inputs.0"]
    judging = Judging(PROBLEMS / "row_sum.py")
    judging.load(ROOT / "escapes" / "row_sum_mutates.py")
    before = judging.ask("digest", groups=["inputs"])
    judging.run_candidate()
    assert judging.ask("digest", groups=["inputs"]) != before


def test_a_repeated_call_finds_everything_elsewhere_in_memory(tmp_path):
    judging = Judging(PROBLEMS / "gelu.py")
    judging.load(write(tmp_path / "kernel.py", (ROOT / "genuine" / "gelu_erf.py").read_text() + """
SEEN = []
honest = kernel_function

def kernel_function(x):
    scratch = torch.empty(1 << 18)
    behind = torch.as_strided(x, (x.numel() + 4,), (1,))[-4:] if x.untyped_storage().nbytes() > x.nbytes else None
    SEEN.append((x.data_ptr(), scratch.data_ptr(), x.data_ptr() % 512, behind))
    return honest(x)
"""))
    first = judging.run_candidate()
    before = judging.ask("digest", groups=["candidate"])
    judging.run_candidate()
    judging.run_candidate(moved=True, busy=True, poison=1)
    seen = judging.candidate.function.__globals__["SEEN"]
    assert seen[0][0] == seen[1][0] and seen[2][0] != seen[0][0]
    assert seen[2][1] not in (seen[0][1], seen[1][1])
    assert seen[2][2] == 80 and seen[2][3] is None
    assert judging.ask("digest", groups=["candidate"]) == before and first["outputs"][0]["launched"]


def test_a_moved_group_keeps_values_strides_and_guards():
    group = transport.Group.allocate({"a": {"dtype": "float32", "shape": [4, 3], "stride": [1, 4]}, "b": {"dtype": "bool", "shape": []},
                                      "none": {"dtype": "int64", "shape": [0]}}, "cpu")
    group.words().fill_(-1)
    group.tensors["a"].copy_(torch.arange(12.0).view(4, 3))
    group.tensors["b"].fill_(True)
    moved = group.moved()
    assert torch.equal(moved.tensors["a"], group.tensors["a"]) and moved.tensors["a"].stride() == (1, 4) and bool(moved.tensors["b"])
    start = moved.layout["a"]["at"]
    around = moved.words().view(torch.float32)
    assert torch.isnan(around[start // 4 - 8:start // 4]).all() and torch.isnan(around[start // 4 + 12:start // 4 + 20]).all()
    moved.tensors["a"].zero_()
    assert group.tensors["a"].sum() == 66


def test_kernels_are_not_listed_without_a_gpu():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    judging = Judging(PROBLEMS / "gelu.py")
    judging.load(ROOT / "genuine" / "gelu_erf.py")
    assert "gpu_kernels" not in judging.run_candidate()
    assert judging.run_candidate(list_kernels=True)["gpu_kernels"]["missing"]


def test_unwritten_outputs_keep_their_poison():
    judging = Judging(PROBLEMS / "gelu.py")
    reference = judging.settle()
    judging.load(ROOT / "escapes" / "gelu_unwritten.py")
    reply = judging.run_candidate()
    assert not reply["outputs"][0]["launched"]
    assert judging.measure()["figures"]["output.0"]["misplaced"] == 33 * 65
    assert not accepted(judging, judging.measure()["figures"], reference)


def test_dropout_draws_the_same_numbers_in_float64():
    judging = Judging(PROBLEMS / "dropout.py")
    assert [one["name"] for one in judging.facts["random_operators"]] == ["aten.bernoulli_.float"]
    assert judging.settle()["output.0"]["rms_error"] < 1e-6


def test_substitutes_of_a_constant_problem():
    judging = Judging(PROBLEMS / "always_zero.py")
    judging.settle()
    judging.load(ROOT / "genuine" / "always_zero_trivial.py")
    judging.run_candidate()
    kinds = ["zero", "constant", "channels/1", "channels/-1", "previous", "input/inputs/0", "mean/inputs/0"]
    found = judging.measure(substitutes={"output.0": kinds})["substitutes"]["output.0"]
    for kind in ("zero", "constant", "channels/1", "channels/-1"):
        assert found[kind]["rms_error"] == 0, kind
    assert found["mean/inputs/0"]["rms_error"] > 0
    assert found["input/inputs/0"] is None and found["previous"] is None
    again = judging.measure(substitutes={"output.0": ["previous"]})["substitutes"]["output.0"]
    assert again["previous"]["rms_error"] == 0


@pytest.mark.parametrize("text,kind,message", [
    ("def kernel_function(x, y): return x\n", "no_entry", "also needs y"),
    ("def kernel_function(): return 1\n", "no_entry", "takes 0 arguments"),
    ("def kernel_function(:\n", "syntax", "invalid syntax"),
    ("import nonexistent_module_of_nobody\n", "missing_package", "nonexistent_module_of_nobody"),
    ("raise ValueError('at import')\n", "raised", "at import"),
    ("raise SystemExit(0)\n", "raised", "SystemExit"),
    ("x = 1\n", "no_entry", "no kernel_function or ModelNew"),
    ("class ModelNew:\n    pass\n", "init_raised", ""),
])
def test_refusals_of_candidates(tmp_path, text, kind, message):
    judging = Judging(PROBLEMS / "gelu.py")
    with pytest.raises(Failure) as raised:
        judging.load(write(tmp_path / "kernel.py", text))
    assert raised.value.kind == kind and message in raised.value.message


def test_a_candidate_that_raises_says_where(tmp_path):
    judging = Judging(PROBLEMS / "gelu.py")
    judging.load(write(tmp_path / "kernel.py", "def kernel_function(x):\n    y = x.shape\n    return y[7]\n"))
    with pytest.raises(Failure) as raised:
        judging.run_candidate()
    assert (raised.value.kind, raised.value.line) == ("raised", 3)


def test_requests_nobody_knows_are_refused():
    judging = Judging(PROBLEMS / "gelu.py")
    for role in (judging.compare, judging.reference, judging.candidate):
        with pytest.raises(Failure) as raised:
            role.handle({"request": "mystery"})
        assert raised.value.kind == "bad_request"
    with pytest.raises(Failure):
        judging.ask("digest", groups=["nothing"])


def test_bench_refuses_what_has_no_clock():
    from kernelagent_worker import bench
    with pytest.raises(Failure) as raised:
        bench.Role().handle({"request": "load", "side": "reference", "device": "cpu"})
    assert raised.value.kind == "not_allowed"
