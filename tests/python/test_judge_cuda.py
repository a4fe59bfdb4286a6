"""The judge's roles on a GPU, each in its own process: KERNELAGENT_TEST_DEVICE=cuda pytest tests/python/test_judge_cuda.py"""

import time

import pytest
import torch
from judge_bench import DEVICE, PROBLEMS, ROOT, Elsewhere, Judging, accepted

from kernelagent_worker.protocol import Failure
from test_judge_cases import DISTRIBUTIONS, fields_of

pytestmark = pytest.mark.skipif(DEVICE == "cpu" or not torch.cuda.is_available(), reason="KERNELAGENT_TEST_DEVICE names no GPU")

CUDA_ONLY_DIES = {"gelu_forever", "gelu_exits"}  # would end or hang this test's process


@pytest.fixture(scope="module")
def roles():
    made = [Elsewhere(name) for name in ("compare", "reference", "candidate")]
    yield made
    for role in made:
        role.end()


def judge(path, roles):
    """Returns the verdict's beginnings: the first failing trial, or a refusal's kind, or None."""
    for role in roles:
        role.handle("restart")
    judging = Judging(PROBLEMS / (fields_of(path)["problem"] + ".py"), roles=roles)
    try:
        judging.load(path)
        for number, distribution in enumerate(["own", *DISTRIBUTIONS]):
            if distribution != "own":
                judging.ask("fill", group="inputs", distribution=distribution, seed=number)
                judging.ask("jitter", group="state", seed=number)
            reference = judging.settle()
            before = judging.ask("digest", groups=["inputs", "state"])
            reply = judging.run_candidate()
            figures = judging.measure()["figures"]
            if not all(output["launched"] or output["shape"] == [0] for output in reply["outputs"]):
                return "nothing launched"
            if judging.ask("digest", groups=["inputs", "state"]) != before:
                return "touched"
            if not accepted(judging, figures, reference):
                return f"{distribution}: {figures} against {reference}"
        return None
    except Failure as failure:
        return f"{failure.kind}: {failure.message}"
    finally:
        judging.close()


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted((ROOT / "genuine").glob("*.py"))])
def test_genuine(path, roles):
    found = judge(path, roles)
    if fields_of(path).get("qualifier", "").startswith("trivial"):
        assert found is None or found.startswith("nonfinite")
    else:
        assert found is None


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in sorted((ROOT / "escapes").glob("*.py"))
                                  if fields_of(path)["expect"] == "wrong"])
def test_wrong(path, roles):
    if path.stem in ("gelu_contiguous_only", "gelu_wrong_dtype", "scale_baked_scalar", "gelu_returns_input", "gelu_cached_result"):
        pytest.skip("caught by types, aliasing, strides or scalars")
    assert judge(path, roles) is not None


FOREIGN = """
import torch
import triton
import triton.language as tl

@triton.jit
def keep(x_ptr, y_ptr, n, BLOCK: tl.constexpr):
    i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y_ptr + i, tl.load(x_ptr + i, mask=i < n), mask=i < n)

def kernel_function(x):
    y = torch.empty_like(x)
    z = torch.nn.functional.gelu(x) if x.numel() else x
    keep[(triton.cdiv(x.numel(), 1024),)](z, y, x.numel(), BLOCK=1024)
    return y @ torch.eye(y.shape[-1], device=y.device)
"""


def test_what_runs_on_the_gpu_is_listed(roles, tmp_path):
    for role in roles:
        role.handle("restart")
    judging = Judging(PROBLEMS / "gelu.py", roles=roles)
    judging.load(ROOT / "genuine" / "gelu_erf.py")
    judging.run_candidate()
    reply = judging.run_candidate(list_kernels=True)
    print(reply["gpu_kernels"], reply["compiled"])
    assert isinstance(reply["gpu_kernels"], list), reply["gpu_kernels"]
    own = {one["name"]: one["count"] for one in reply["gpu_kernels"] if one["name"] in reply["compiled"]}
    assert own == reply["compiled"] and own
    others = [one["name"] for one in reply["gpu_kernels"] if one["name"] not in own]
    assert all(name.startswith("Mem") or "FillFunctor" in name for name in others), others
    judging.close()


def test_a_foreign_kernel_is_on_the_list(roles, tmp_path):
    for role in roles:
        role.handle("restart")
    path = tmp_path / "foreign.py"
    path.write_text(FOREIGN)
    judging = Judging(PROBLEMS / "gelu.py", roles=roles)
    judging.load(path)
    judging.run_candidate()
    reply = judging.run_candidate(list_kernels=True)
    print(reply["gpu_kernels"], reply["compiled"])
    foreign = [one["name"] for one in reply["gpu_kernels"] if one["name"] not in reply["compiled"]]
    assert any("elu" in name for name in foreign) and any("gemm" in name.lower() or "cutlass" in name.lower() for name in foreign), foreign
    judging.close()


def test_a_listing_costs_little_once_the_profiler_is_warm(roles):
    for role in roles:
        role.handle("restart")
    judging = Judging(PROBLEMS / "gelu.py", roles=roles)
    judging.load(ROOT / "genuine" / "gelu_erf.py")
    taken = {}
    for name, fields in (("plain", {}), ("listed", {"list_kernels": True}), ("disturbed", {"moved": True, "busy": True, "poison": 1})):
        for _ in range(5):
            started = time.monotonic()
            judging.run_candidate(**fields)
            taken[name] = min(taken.get(name, 9), time.monotonic() - started)
    print({name: f"{seconds * 1e3:.1f} ms" for name, seconds in taken.items()})
    assert taken["listed"] < 0.3 and taken["disturbed"] < 0.3
    judging.close()


def test_other_work_and_other_addresses_do_not_change_an_honest_result(roles):
    for name in ("gelu_erf", "layer_norm_two_pass", "matmul_tiles"):
        for role in roles:
            role.handle("restart")
        path = ROOT / "genuine" / f"{name}.py"
        judging = Judging(PROBLEMS / (fields_of(path)["problem"] + ".py"), roles=roles)
        judging.load(path)
        judging.run_candidate()
        before = judging.ask("digest", groups=["candidate"])
        judging.run_candidate(moved=True, busy=True, poison=1)
        assert judging.ask("digest", groups=["candidate"]) == before, name
        judging.close()


def test_timing_two_sides_in_turn():
    compare, problem, candidate = (Elsewhere(name) for name in ("compare", "bench", "bench"))
    facts = problem.handle({"request": "load", "side": "reference", "problem": str(PROBLEMS / "softmax.py"), "device": DEVICE,
                            "mode": "train", "seed": 42})
    made = compare.handle({"request": "allocate", "device": DEVICE, "groups": {
        "inputs0": {"0": facts["inputs"][0]["tensor"]}, "state": {},
        "reference": {"output.0": facts["outputs"][0]}, "candidate": {"output.0": facts["outputs"][0]}}})
    candidate.handle({"request": "load", "side": "candidate", "path": str(ROOT / "genuine" / "softmax_rows.py"), "device": DEVICE,
                      "mode": "train", "seed": 42, "init_inputs": [], "inputs": 1, "state": []})
    for role, own in ((problem, "reference"), (candidate, "candidate")):
        Judging.bind(role, made, ["inputs0", "state", own])
    items = problem.handle({"request": "inputs", "seed": 1, "group": "inputs0"})["inputs"]
    for role, contender in ((problem, "eager"), (candidate, "candidate")):
        role.handle({"request": "prepare", "contender": contender, "sets": [items], "state": "state", "seed": 1})
    for turn in range(3):
        for role, contender, own in ((problem, "eager", "reference"), (candidate, "candidate", "candidate")):
            samples = role.handle({"request": "time", "contender": contender, "calls": 20})["samples_ms"]
            print(contender, sorted(samples)[10])
            assert len(samples) == 20 and all(0 < sample < 1000 for sample in samples)
            role.handle({"request": "result", "contender": contender, "set": 0, "outputs": own})
    compare.handle({"request": "oracle", "group": "reference", "types": {"output.0": "float32"}})
    assert compare.handle({"request": "measure", "group": "candidate", "reference": "reference"})["figures"]["output.0"]["max_error"] < 1e-6
    for role in (candidate, problem, compare):
        role.handle({"request": "release", "groups": list(made["groups"])})
        role.end()


def test_a_large_problem_fits(roles, tmp_path):
    """8.6 GB in, 8.6 GB out: each step's buffers only for that step, as src/judge/hearing_trial.cpp does."""
    path = tmp_path / "large.py"
    path.write_text("import torch\n\nclass Model(torch.nn.Module):\n    def forward(self, x):\n        return torch.relu(x)\n\n"
                    "def get_inputs():\n    return [torch.rand(32768, 65535)]\n\ndef get_init_inputs():\n    return []\n")
    compare, reference, _ = roles
    for role in roles:
        role.handle("restart")
    facts = reference.handle({"request": "load", "problem": str(path), "device": DEVICE, "mode": "train", "seed": 42})
    kind = facts["inputs"][0]["tensor"]

    def share(name, tensor, dtype):
        made = compare.handle({"request": "allocate", "device": DEVICE, "groups": {name: {tensor: {"dtype": dtype, "shape": kind["shape"]}}}})
        Judging.bind(reference, made, [name])

    def run(precision, outputs):
        reference.handle({"request": "run", "precision": precision, "inputs": [{"tensor": "inputs/0"}], "state": "state", "seed": 1,
                          "outputs": outputs})

    share("inputs", "0", "float32")
    Judging.bind(reference, compare.handle({"request": "allocate", "device": DEVICE, "groups": {"state": {}}}), ["state"])
    reference.handle({"request": "inputs", "seed": 1, "group": "inputs"})
    share("reference", "output.0", "float32")
    run("own", "reference")
    share("oracle", "output.0", "float64")
    run("float64", "oracle")
    compare.handle({"request": "oracle", "group": "oracle", "types": {"output.0": "float32"}})
    assert compare.handle({"request": "reference", "group": "reference"})["figures"]["output.0"]["max_error"] == 0
    compare.handle({"request": "digest", "groups": ["inputs"]})
    for role in (reference, compare):
        role.handle({"request": "release", "groups": ["inputs", "state", "reference", "oracle"]})


def test_the_device_is_described():
    from kernelagent_worker import inspect
    facts = inspect.Role().handle({"request": "device", "device": DEVICE})
    print(facts)
    assert facts["capability"] >= 80 and facts["memory_bytes"] > 1 << 30
