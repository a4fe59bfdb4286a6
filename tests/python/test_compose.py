"""Runs the composed programs of tests/golden/compose on Triton's interpreter, each beside its problem."""

import copy
import importlib.util
import os
import pathlib
import re
import subprocess
import sys
import tokenize

os.environ.setdefault("TRITON_INTERPRET", "1")

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "compose"
CASES = ["layers", "state", "views", "scalars", "clashes", "recorded"]


def load(path):
    name = f"{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Case:
    def __init__(self, name):
        self.problem = load(GOLDEN / name / "problem.py")
        self.program = load(GOLDEN / name / "composed_kernel.py")
        self.train = name != "clashes"

    def models(self):
        arguments = self.problem.get_init_inputs()
        torch.manual_seed(42)
        reference = self.problem.Model(*arguments).train(self.train)
        torch.manual_seed(42)
        program = self.program.ModelNew(*arguments).train(self.train)
        return reference, program

    def inputs(self, seed):
        torch.manual_seed(seed)
        return self.problem.get_inputs()


@pytest.fixture(scope="module", params=CASES)
def case(request):
    return Case(request.param)


def leaves(value):
    """Flattens a nest, keeping keys and types."""
    if isinstance(value, dict):
        return [(("dict", *value), None)] + [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, (list, tuple)):
        kind = (type(value).__name__, *getattr(value, "_fields", ()))
        return [(kind, None)] + [leaf for item in value for leaf in leaves(item)]
    return [("leaf", value)]


def tensors(value):
    return [leaf for _, leaf in leaves(value) if isinstance(leaf, torch.Tensor)]


def aliases(named):
    """Which of the tensors share memory, and from where in it each starts."""
    owners = {}
    return [(owners.setdefault(tensor.untyped_storage().data_ptr(), index), tensor.storage_offset()) for index, tensor in enumerate(named)]


def check_same(actual, expected):
    assert [kind for kind, _ in leaves(actual)] == [kind for kind, _ in leaves(expected)]
    for (_, have), (_, want) in zip(leaves(actual), leaves(expected)):
        if isinstance(want, torch.Tensor):
            assert (have.shape, have.dtype, have.stride()) == (want.shape, want.dtype, want.stride())
            torch.testing.assert_close(have, want)
        else:
            assert have == want


def attributes(model):
    return {name: value for name, value in vars(model).items() if isinstance(value, torch.Tensor)}


def test_two_calls_do_what_the_problem_does(case):
    reference, program = case.models()
    with torch.no_grad():
        for seed in (0, 1):
            given, own = case.inputs(seed), case.inputs(seed)
            expected, actual = reference(*given), program(*own)
            check_same(actual, expected)
            check_same(own, given)  # what forward writes into its inputs
            check_same(dict(program.state_dict()), dict(reference.state_dict()))
            check_same(attributes(program), attributes(reference))
            assert aliases(tensors(actual) + tensors(own)) == aliases(tensors(expected) + tensors(given))


def test_other_layouts_give_the_same_values(case):
    def relayout(value):
        if isinstance(value, dict):
            return {key: relayout(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(relayout(item) for item in value)
        if isinstance(value, torch.Tensor) and value.dim() > 0:
            wide = torch.empty(*value.shape[:-1], value.shape[-1] * 2)[..., ::2]
            wide.copy_(value)
            return wide
        return value

    if case.program.__name__.startswith("views"):
        pytest.skip("its outputs are views that other layouts do not allow")
    reference, program = case.models()
    given, own = relayout(case.inputs(3)), relayout(case.inputs(3))
    with torch.no_grad():
        expected, actual = reference(*given), program(*own)
    for have, want in zip(tensors([actual, own]), tensors([expected, given])):
        torch.testing.assert_close(have, want)


def test_kernel_function_takes_state_by_name(case):
    reference, program = case.models()
    state = {**dict(program.named_parameters()), **dict(program.named_buffers()), **attributes(program)}
    keywords = {name.replace(".", "_"): value.detach().clone() for name, value in state.items()}
    given = case.inputs(5)
    flat = [leaf for kind, leaf in leaves(case.inputs(5)) if kind == "leaf"]
    with torch.no_grad():
        check_same(case.program.kernel_function(*flat, **keywords), reference(*given))
    after = {**dict(reference.named_parameters()), **dict(reference.named_buffers()), **attributes(reference)}
    for name, value in after.items():
        torch.testing.assert_close(keywords[name.replace(".", "_")], value.detach())


def test_copies_and_state_dicts_are_a_plain_modules(case):
    reference, program = case.models()
    twin = copy.deepcopy(program)
    assert list(program.state_dict()) == list(reference.state_dict())
    twin.load_state_dict(reference.state_dict())
    assert isinstance(twin, torch.nn.Module)
    with torch.no_grad():
        check_same(twin(*case.inputs(0)), program(*case.inputs(0)))


def test_grad_mode_runs_and_backward_says_what_is_missing(case):
    reference, program = case.models()
    results = tensors(program(*case.inputs(0)))
    for have, want in zip(results, tensors(reference(*case.inputs(0)))):
        torch.testing.assert_close(have, want)
    differentiable = [result for result in results if result.requires_grad]
    assert bool(differentiable) == any(True for _ in program.parameters())
    if differentiable:
        with pytest.raises(NotImplementedError, match="no backward yet"):
            differentiable[0].sum().backward()


def test_the_text_passes_kernelbenchs_static_check(case):
    text = pathlib.Path(case.program.__file__).read_text()
    assert "@triton.jit" in text and "tl." in text
    for word in (r"\btry\s*:", r"\bexcept\b", r"\bpass\b", r"threading"):
        assert not re.search(word, text)
    with open(case.program.__file__, "rb") as file:
        strings = [token.string for token in tokenize.tokenize(file.readline) if token.type == tokenize.STRING]
    assert not [string for string in strings if "#" in string]


def test_wrong_calls_raise_one_clear_line():
    scalars, layers, clashes, state = Case("scalars"), Case("layers"), Case("clashes"), Case("state")
    _, program = scalars.models()
    xs, k, _ = scalars.inputs(0)
    with pytest.raises(ValueError, match="^power: this program was made for 2$"):
        program(xs, k, 3)
    with pytest.raises(ValueError, match="^mask: this program was made for its default$"):
        program(xs, k, 2, mask=xs[0])
    _, program = layers.models()
    with pytest.raises(ValueError, match=r"^x: expected torch.float32 \[4, 8\], got torch.float32 \[4, 9\]$"):
        program(torch.zeros(4, 9))
    _, program = clashes.models()
    with pytest.raises(RuntimeError, match="made for eval mode"):
        program.train()(torch.zeros(8))
    _, program = state.models()
    with pytest.raises(RuntimeError, match="must not require a gradient"):
        program(torch.zeros(8, requires_grad=True))


def test_overlapping_inputs_are_read_before_they_are_written():
    views = Case("views")
    reference, program = views.models()
    with torch.no_grad():
        for build in (lambda x: (x[:4], x[:4]), lambda x: (x[:4], x[1:])):
            base = torch.randn(5, 8)
            expected, given = base.clone(), base.clone()
            program(*build(given))
            x, y = build(base)
            new_x, new_y = y.clone(), x.clone()
            for target, value in zip(build(expected), (new_x, new_y)):
                target.copy_(value)
            assert torch.equal(given, expected)


def test_self_test_prints_pass():
    folder = GOLDEN / "scalars"
    done = subprocess.run(
        [sys.executable, str(folder / "composed_kernel.py"), str(folder / "problem.py")],
        env={**os.environ, "TRITON_INTERPRET": "1"}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "PASS"
