"""The judge's roles on a GPU, each in its own process: KERNELAGENT_TEST_DEVICE=cuda pytest tests/python/test_judge_cuda.py"""

import json
import os
import subprocess
import sys
import time

import pytest
import torch
from judge_bench import DEVICE, PROBLEMS, ROOT, Elsewhere, Judging, accepted

from kernelagent_worker.protocol import Failure
from test_judge_cases import DISTRIBUTIONS, fields_of, numeric

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
            reference = judging.settle(halves=distribution == "integers")
            before = judging.ask("digest", groups=["inputs", "state"])
            reply = judging.run_candidate()
            figures = judging.measure(nonfinite_inputs=distribution == "nonfinite")["figures"]
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
                                  if numeric(path)])
def test_wrong(path, roles):
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


RESOLUTION = 0.1  # milliseconds a call by which the two clocks may differ here, beside a tenth: what it costs Python to start a call


@pytest.fixture
def wide_softmax(tmp_path):
    """A problem whose calls take some ten times RESOLUTION on an H100: 1 GB read, 1 GB written."""
    path = tmp_path / "wide_softmax.py"
    path.write_text((PROBLEMS / "softmax.py").read_text().replace("torch.rand(17, 129)", "torch.rand(65536, 4096)"))
    return path


class Timing:
    """Contenders of one problem, each in a process of its own, as src/judge/race.cpp drives them."""

    def __init__(self, problem, candidate, others=()):
        self.compare, self.problem = Elsewhere("compare"), Elsewhere("bench")
        facts = self.problem.handle({"request": "load", "side": "reference", "problem": str(problem), "device": DEVICE, "mode": "train",
                                     "seed": 42})
        inputs = {str(index): item["tensor"] for index, item in enumerate(facts["inputs"])}
        self.made = self.compare.handle({"request": "allocate", "device": DEVICE, "groups": {
            "inputs0": inputs, "inputs1": inputs, "state": {}, "reference": {"output.0": facts["outputs"][0]},
            "candidate": {"output.0": facts["outputs"][0]}}})
        Judging.bind(self.problem, self.made, ["inputs0", "inputs1", "state", "reference"])
        self.sets = [self.problem.handle({"request": "inputs", "seed": 1 + number, "group": f"inputs{number}"})["inputs"] for number in (0, 1)]
        self.roles = {"eager": self.problem}
        self.roles["candidate"] = role = Elsewhere("bench")
        role.handle({"request": "load", "side": "candidate", "path": str(candidate), "device": DEVICE, "mode": "train", "seed": 42,
                     "init_inputs": [], "inputs": len(inputs), "state": []})
        Judging.bind(role, self.made, ["inputs0", "inputs1", "state", "candidate"])
        for name in others:
            self.roles[name] = role = Elsewhere("bench")
            role.handle({"request": "load", "side": "reference", "problem": str(problem), "device": DEVICE, "mode": "train", "seed": 42})
            Judging.bind(role, self.made, ["inputs0", "inputs1", "state"])
        for name, role in self.roles.items():
            role.handle({"request": "prepare", "contender": name, "sets": self.sets, "state": "state", "seed": 1})

    def turn(self, name, calls=200):
        """Milliseconds a call: by its events, by our clock less a call of nothing; first calls, which load what calls need, are left out."""
        self.compare.handle({"request": "idle", "calls": 3, "groups": ["inputs0", "inputs1"]})
        self.roles[name].handle({"request": "time", "calls": 3})
        started = time.monotonic()
        idle = self.compare.handle({"request": "idle", "calls": calls, "groups": ["inputs0", "inputs1"]})
        empty = time.monotonic() - started
        started = time.monotonic()
        samples = self.roles[name].handle({"request": "time", "calls": calls})["calls_ms"]
        wall = time.monotonic() - started
        assert len(samples) == calls and idle["clocks"].get("sm_mhz", 1) > 0
        return sum(samples) / calls, (wall - empty) / calls * 1e3

    def error_of_last(self, calls=200):
        self.roles["candidate"].handle({"request": "result", "set": None, "outputs": "candidate"})
        self.problem.handle({"request": "result", "set": (calls - 1) % 2, "outputs": "reference"})
        self.compare.handle({"request": "oracle", "group": "reference", "types": {"output.0": "float32"}})
        return self.compare.handle({"request": "measure", "group": "candidate", "reference": "reference"})["figures"]["output.0"]["max_error"]

    def end(self):
        for role in (*[role for name, role in self.roles.items() if name != "eager"], self.problem, self.compare):
            role.handle({"request": "release", "groups": list(self.made["groups"])})
            role.end()


def test_contenders_are_timed_in_turns(wide_softmax):
    timing = Timing(wide_softmax, ROOT / "genuine" / "softmax_rows.py", ["reduce-overhead"])
    for _ in range(3):
        for name in ("eager", "candidate", "reduce-overhead"):
            events, wall = timing.turn(name)
            print(name, events, wall)
            assert events > RESOLUTION
            assert wall < events * 1.1 + RESOLUTION and events < wall * 1.1 + RESOLUTION
        assert timing.turn("candidate")[0] > 0 and timing.error_of_last() < 1e-6
    timing.end()


@pytest.mark.parametrize("name", ["gelu_patches_clock", "gelu_side_stream", "gelu_replays_pointer", "gelu_replayed_graph"])
def test_tampering_with_time_gains_nothing(name):
    """Static policy refuses most of these before they run. Behind it: events that candidates cannot replace, a wait for the whole device,
    contents that change, results that are looked at."""
    timing = Timing(PROBLEMS / "gelu.py", ROOT / "escapes" / f"{name}.py")
    timing.problem.handle({"request": "inputs", "seed": 99, "group": "inputs0"})
    eager = timing.turn("eager")
    events, wall = timing.turn("candidate")
    error = timing.error_of_last()
    print(name, events, wall, error, eager)
    assert error > 1e-3 if "replay" in name else error < 1e-5
    assert max(events, wall) > eager[0] / 2, "the slower clock counts, and no kernel for this is twice as fast as PyTorch's"
    timing.end()


def kernelagent(*words):
    program = os.environ.get("KERNELAGENT_BIN", str(ROOT.parent / "build/release/kernelagent"))
    if not os.path.exists(program):
        pytest.skip("KERNELAGENT_BIN names no program")
    done = subprocess.run([program, *words, "--target-platform", "cuda", "--python", sys.executable, "--json"], capture_output=True, text=True)
    print(done.stderr)
    return done.returncode, json.loads(done.stdout)


def test_a_program_against_itself(wide_softmax):
    code, times = kernelagent("bench", str(ROOT / "genuine" / "softmax_rows.py"), "--problem", str(wide_softmax), "--against", "self")
    assert code == 0 and times["candidate"]["clock"]["agree"]
    row = times["baselines"][0]
    assert row["candidate_is"] == "no difference" and 0.97 < row["speedup"] < 1.03


def test_events_that_lie_are_flagged(tmp_path):
    path = tmp_path / "liar.py"
    honest = (ROOT / "escapes" / "gelu_patches_clock.py").read_text()
    lie = "import sys\n    import time\n    sys.modules['kernelagent_worker.stopwatch'].CudaClock.stop = lambda self: (torch.cuda.synchronize(), 0.0001)[1]\n"
    path.write_text(honest.replace("import time\n", lie))
    problem = tmp_path / "problem.py"
    problem.write_text("import torch\n\n\nclass Model(torch.nn.Module):\n    def forward(self, x):\n        return torch.nn.functional.gelu(x)\n\n\n"
                       "def get_inputs():\n    return [torch.randn(4096, 16384)]\n\n\ndef get_init_inputs():\n    return []\n")
    code, times = kernelagent("bench", str(path), "--problem", str(problem), "--against", "eager")
    assert code == 0 and not times["candidate"]["clock"]["agree"] and "slower counts" in times["candidate"]["note"]
    assert times["candidate"]["median_ms"] > times["baselines"][0]["median_ms"] / 3


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
