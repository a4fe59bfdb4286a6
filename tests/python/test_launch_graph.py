"""The fixed text that replays a program's launches (templates/program/launch_graph.py), in the program of tests/golden/compose/recorded.

On a CPU it must stay out of the way; what it does with CUDA graphs needs a GPU.
"""

import copy
import gc
import importlib.util
import os
import pathlib

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")
HAS_GPU = torch.cuda.is_available()
DEVICE = "cuda" if HAS_GPU else "cpu"
if not HAS_GPU:
    os.environ.setdefault("TRITON_INTERPRET", "1")
on_gpu = pytest.mark.skipif(not HAS_GPU, reason="needs CUDA")

FOLDER = pathlib.Path(__file__).parents[1] / "golden" / "compose" / "recorded"


def load(name):
    spec = importlib.util.spec_from_file_location(f"recorded_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Pair:
    """The problem's model and the program, with equal state."""

    def __init__(self):
        self.text = load("composed_kernel")
        torch.manual_seed(0)
        self.reference = load("problem").Model().to(DEVICE)
        self.program = self.text.ModelNew().to(DEVICE)
        self.program.load_state_dict(self.reference.state_dict())
        self.kept = []

    def call(self, seed):
        """Calls both; every result so far must still be what it was."""
        torch.manual_seed(seed)
        x, y = torch.randn(4, 8, device=DEVICE), torch.randn(4, 8, device=DEVICE)
        with torch.no_grad():
            self.kept.append((self.program(x, y), self.reference(x, y)))
        for actual, expected in self.kept:
            for one, other in zip(actual, expected):
                torch.testing.assert_close(one, other, rtol=0, atol=0)
        for (name, one), other in zip(self.program.state_dict().items(), self.reference.state_dict().values()):
            torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-6, msg=name)

    @property
    def replay(self):
        return self.text._replays.get(self.program)

    @property
    def replays(self):
        return bool(self.replay and self.replay.graph)


@pytest.fixture
def pair():
    return Pair()


def test_calls_compute_what_the_problem_does(pair):
    for seed in range(4):
        pair.call(seed)
        assert pair.replays == (HAS_GPU and seed > 0)


def test_elsewhere_than_on_a_gpu_nothing_is_kept(pair):
    if HAS_GPU:
        pair.program, pair.reference = pair.program.cpu(), pair.reference.cpu()
        pytest.skip("kernels run on the GPU here")
    pair.call(0)
    assert not pair.text._replays


@on_gpu
def test_a_parameter_changed_in_place_is_seen(pair):
    for seed in range(3):
        pair.call(seed)
    graph = pair.replay.graph
    with torch.no_grad():
        for model in (pair.program, pair.reference):
            model.weight.mul_(2).add_(1)
    pair.call(4)
    assert pair.replay.graph is graph


@on_gpu
@pytest.mark.parametrize("move", ["data", "parameter", "assign"])
def test_a_parameter_that_moved_is_seen(pair, move):
    for seed in range(3):
        pair.call(seed)
    for model in (pair.program, pair.reference):
        fresh = torch.arange(32, dtype=torch.float32, device=DEVICE).view(4, 8)
        if move == "data":
            model.weight.data = fresh
        elif move == "parameter":
            model.weight = torch.nn.Parameter(fresh)
        else:
            model.load_state_dict({**model.state_dict(), "weight": fresh}, assign=True)
    for seed in range(3, 6):
        pair.call(seed)
    assert pair.replays


@on_gpu
def test_other_strides_give_the_same(pair):
    for seed in range(3):
        pair.call(seed)
    x, y = torch.randn(8, 4, device=DEVICE).t(), torch.randn(4, 16, device=DEVICE)[:, ::2]
    with torch.no_grad():
        for one, other in zip(pair.program(x, y), pair.reference(x, y)):
            torch.testing.assert_close(one, other)
    assert pair.replays


@on_gpu
def test_other_shapes_and_types_are_refused_as_before(pair):
    for seed in range(3):
        pair.call(seed)
    x = torch.randn(4, 8, device=DEVICE)
    with torch.no_grad():
        for wrong in (x[:2], x.double(), None):
            with pytest.raises((TypeError, ValueError), match="y"):
                pair.program(x, wrong)


@on_gpu
def test_grad_mode_other_streams_and_other_graphs(pair):
    for seed in range(3):
        pair.call(seed)
    x = torch.randn(4, 8, device=DEVICE)
    assert pair.program(x, x)[0].requires_grad  # launched one by one, with the program's own complaint in backward
    pair.reference(x, x)
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for seed in range(3, 6):
            pair.call(seed)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(graph):
        inside = pair.program(x, x)
    graph.replay()
    pair.program.total.zero_(), pair.reference.total.zero_()
    pair.program.calls.zero_(), pair.reference.calls.zero_()
    torch.testing.assert_close(inside[1], x * pair.program.weight.detach() + x)
    pair.call(7)


@on_gpu
def test_copies_have_graphs_of_their_own_and_nothing_outlives_its_module(pair):
    for seed in range(3):
        pair.call(seed)
    twin = copy.deepcopy(pair.program)
    assert pair.text._replays.get(twin) is None
    x = torch.randn(4, 8, device=DEVICE)
    with torch.no_grad():
        for _ in range(3):
            twin(x, x)
    assert len(pair.text._replays) == 2
    del twin
    gc.collect()
    assert len(pair.text._replays) == 1
