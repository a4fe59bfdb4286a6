# problem.py as a Triton program, composed by KernelAgent: 6 kernels, 6 calls written by codegen.
# Use ModelNew in place of Model, or call kernel_function with the state by name. Run this file to compare it with the problem;
# `kernelagent verify` judges it, and writes what was verified into the certificate beside it.
# --- construction zone (copied from the problem; sha256 f6f6c91522c3b2c2edcfd06d012d9a6c4a083757d6048adcbb8ea51a6dc8ce23) ---
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(8))
        self.register_buffer("peak", torch.zeros(8))
        self.register_buffer("count", torch.tensor(0))
        self.hidden = torch.ones(8)


# --- forward zone ---
import torch
import triton
import triton.language as tl


@triton.jit(do_not_specialize=["count"] + [f"{kind}{axis}" for kind in ("n", "d", "s") for axis in range(8)])
def _strided_copy_kernel(
    destination,
    source,
    count,
    n0, n1, n2, n3, n4, n5, n6, n7,
    d0, d1, d2, d3, d4, d5, d6, d7,
    s0, s1, s2, s3, s4, s5, s6, s7,
    BLOCK: tl.constexpr,
):  # fmt: skip
    # Copies element by element between two layouts of the same shape (n), with strides d and s.
    rest = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    inside = rest < count
    i7 = rest % n7
    rest = rest // n7
    i6 = rest % n6
    rest = rest // n6
    i5 = rest % n5
    rest = rest // n5
    i4 = rest % n4
    rest = rest // n4
    i3 = rest % n3
    rest = rest // n3
    i2 = rest % n2
    rest = rest // n2
    i1 = rest % n1
    i0 = rest // n1
    to = i0 * d0 + i1 * d1 + i2 * d2 + i3 * d3 + i4 * d4 + i5 * d5 + i6 * d6 + i7 * d7
    at = i0 * s0 + i1 * s1 + i2 * s2 + i3 * s3 + i4 * s4 + i5 * s5 + i6 * s6 + i7 * s7
    tl.store(destination + to, tl.load(source + at, mask=inside), mask=inside)


def _copy_into(destination, source):
    """Writes the elements of source over those of destination, whatever their strides."""
    count = source.numel()
    if count > 0:
        pad = 8 - source.dim()
        extents = (1,) * pad + tuple(source.shape)
        to = (0,) * pad + destination.stride()
        at = (0,) * pad + source.stride()
        _strided_copy_kernel[(triton.cdiv(count, 1024),)](
            destination, source, count, *extents, *to, *at, BLOCK=1024, num_warps=4
        )


def _as_expected(x, shape, stride):
    """Returns x where it has these strides (extents of 0 and 1 may have any), and otherwise a copy that has them."""
    if x.stride() == stride or x.numel() == 0:
        return x
    if all(have == want or extent == 1 for have, want, extent in zip(x.stride(), stride, shape)):
        return x
    if any(want == 0 and extent > 1 for want, extent in zip(stride, shape)):
        raise ValueError(f"made for an expanded tensor of strides {stride}, got strides {x.stride()}")
    copy = torch.empty_strided(shape, stride, dtype=x.dtype, device=x.device)
    _copy_into(copy, x)
    return copy


def _on_other_device(x):
    """Is x on a CUDA device that is not the current one? Triton launches on the current one."""
    return isinstance(x, torch.Tensor) and x.is_cuda and x.device.index != torch.cuda.current_device()


def _check(name, x, dtype, shape):
    """Raises where x is not a tensor of this dtype and shape."""
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(x).__name__}")
    if x.dtype != dtype or x.shape != shape:
        raise ValueError(f"{name}: expected {dtype} {list(shape)}, got {x.dtype} {list(x.shape)}")


def _expect(name, x, dtype, shape, stride):
    """Returns x, checked, in the layout that the kernels were written for."""
    _check(name, x, dtype, shape)
    return _as_expected(x, shape, stride)


def _scalar(name, x, dtype, device):
    """Returns x as a tensor without dimensions; a Python number fills a fresh one."""
    if isinstance(x, (bool, int, float)):
        return torch.full((), x, dtype=dtype, device=device)
    _check(name, x, dtype, ())
    return x


def _expect_in_place(name, x, dtype, shape, stride):
    """Returns x, checked; a kernel writes into it, so that its layout must be the expected one."""
    _check(name, x, dtype, shape)
    if _as_expected(x, shape, stride) is not x:
        raise ValueError(f"{name}: expected strides {stride}, got {x.stride()}")
    return x


@triton.jit
def count_kernel(b_count_in, add_out, BLOCK: tl.constexpr):
    # b_count + 1
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 1
    b_count = tl.load(b_count_in)
    tl.store(add_out + at, b_count + 1, mask=inside)


def run_count(b_count, add):
    """b_count + 1"""
    count_kernel[(1,)](b_count, add, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def mean_kernel(b_mean_in, x_in, add_1_out, BLOCK: tl.constexpr):
    # b_mean * 0.5 + x
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    b_mean = tl.load(b_mean_in + at, mask=inside)
    x = tl.load(x_in + at, mask=inside)
    tl.store(add_1_out + at, b_mean * 0.5 + x, mask=inside)


def run_mean(b_mean, x, add_1):
    """b_mean * 0.5 + x"""
    mean_kernel[(1,)](b_mean, x, add_1, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def old_peak_kernel(b_peak_in, x_in, add_2_out, BLOCK: tl.constexpr):
    # b_peak + x
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    b_peak = tl.load(b_peak_in + at, mask=inside)
    x = tl.load(x_in + at, mask=inside)
    tl.store(add_2_out + at, b_peak + x, mask=inside)


def run_old_peak(b_peak, x, add_2):
    """b_peak + x"""
    old_peak_kernel[(1,)](b_peak, x, add_2, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def peak_kernel(b_peak_in, x_in, maximum_out, BLOCK: tl.constexpr):
    # tl.maximum(b_peak, x)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    b_peak = tl.load(b_peak_in + at, mask=inside)
    x = tl.load(x_in + at, mask=inside)
    tl.store(maximum_out + at, tl.maximum(b_peak, x), mask=inside)


def run_peak(b_peak, x, maximum):
    """tl.maximum(b_peak, x)"""
    peak_kernel[(1,)](b_peak, x, maximum, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def hidden_kernel(a_hidden_in, x_in, mul_1_out, BLOCK: tl.constexpr):
    # a_hidden * x
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    a_hidden = tl.load(a_hidden_in + at, mask=inside)
    x = tl.load(x_in + at, mask=inside)
    tl.store(mul_1_out + at, a_hidden * x, mask=inside)


def run_hidden(a_hidden, x, mul_1):
    """a_hidden * x"""
    hidden_kernel[(1,)](a_hidden, x, mul_1, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def step_kernel(x_in, add_3_out, BLOCK: tl.constexpr):
    # x + 1.0
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    x = tl.load(x_in + at, mask=inside)
    tl.store(add_3_out + at, x + 1.0, mask=inside)


def run_step(x, add_3):
    """x + 1.0"""
    step_kernel[(1,)](x, add_3, BLOCK=32, num_warps=4, num_stages=2)


def _program(x, mean, peak, count, hidden):
    """Runs 6 kernels in order and returns the results flat."""
    device = x.device
    x_given = x
    x = _expect("x", x, torch.float32, (8,), (1,))
    mean = _expect_in_place("mean", mean, torch.float32, (8,), (1,))
    peak_given = peak
    peak = _expect("peak", peak, torch.float32, (8,), (1,))
    count = _scalar("count", count, torch.int64, device)
    hidden = _expect("hidden", hidden, torch.float32, (8,), (1,))

    # count
    run_count(count, count)

    # mean
    run_mean(mean, x, mean)

    # old_peak
    add_2 = torch.empty((8,), dtype=torch.float32, device=device)
    run_old_peak(peak, x, add_2)

    # peak
    maximum = torch.empty((8,), dtype=torch.float32, device=device)
    run_peak(peak, x, maximum)

    # hidden
    mul_1 = torch.empty((8,), dtype=torch.float32, device=device)
    run_hidden(hidden, x, mul_1)

    # step
    add_3 = torch.empty((8,), dtype=torch.float32, device=device)
    run_step(x, add_3)

    _copy_into(peak_given, maximum)
    _copy_into(x_given, add_3)
    return x_given, mul_1, add_2, mul_1


class _Forward(torch.autograd.Function):
    """Runs the program under grad mode, so that asking for its gradient says what is missing."""

    @staticmethod
    def forward(ctx, *arguments):
        if any(ctx.needs_input_grad[index] for index in (0, 1, 2, 3)):
            raise RuntimeError("an input that the program writes in place must not require a gradient")
        return _program(*arguments)

    @staticmethod
    def backward(ctx, *gradients):
        raise NotImplementedError(
            "KernelAgent programs have no backward yet: run under torch.no_grad(), or train with the original problem"
        )


def _call(*arguments):
    """Runs the program on the device of its inputs."""
    if _on_other_device(arguments[0]):
        with torch.cuda.device(arguments[0].device):
            return _call(*arguments)
    if torch.is_grad_enabled():
        return _Forward.apply(*arguments)
    return _program(*arguments)


def kernel_function(x, *, mean, peak, count, hidden):
    """Computes what Model.forward computes; state goes by name, with underscores for dots."""
    add_3, mul_1, add_2, new_hidden = _call(x, mean, peak, count, hidden)
    _copy_into(hidden, new_hidden)
    return add_3, mul_1, add_2


class ModelNew(Model):
    """Built as the problem's Model is; its forward runs the kernels above."""

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self.hidden = fn(self.hidden)
        return self

    def forward(self, x):
        add_3, mul_1, add_2, self.hidden = _call(
            x, self.mean, self.peak, self.count, self.hidden
        )
        return add_3, mul_1, add_2


# --- self-test ---
if __name__ == "__main__":
    import importlib.util
    import sys

    def load(path):
        spec = importlib.util.spec_from_file_location("problem", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def build(model, arguments):
        torch.manual_seed(42)
        made = model(**arguments) if isinstance(arguments, dict) else model(*arguments)
        return made.to(device).train(True)

    def move(value):
        if isinstance(value, dict):
            return {key: move(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(move(item) for item in value)
        return value.to(device) if isinstance(value, torch.Tensor) else value

    def run(model):
        torch.manual_seed(7)
        inputs = move(list(problem.get_inputs()))
        torch.manual_seed(11)
        with torch.no_grad():
            return model(*inputs)

    def compare(name, actual, expected):
        if isinstance(expected, torch.Tensor):
            if (actual.shape, actual.dtype, actual.stride()) != (expected.shape, expected.dtype, expected.stride()):
                sys.exit(f"FAIL: {name} has another shape, dtype or layout")
            tolerance = {torch.float64: 1e-9, torch.float32: 1e-3}.get(expected.dtype, 2e-2)
            if expected.dtype.is_floating_point:
                scale = expected.double().abs().mean().nan_to_num(1.0, 1.0).clamp(min=1e-3).item()
                close = torch.allclose(
                    actual.double(), expected.double(), rtol=tolerance, atol=tolerance * scale, equal_nan=True
                )
            else:
                close = torch.equal(actual, expected)
            if not close:
                sys.exit(f"FAIL: {name} differs")
        elif isinstance(expected, dict):
            for key in expected:
                compare(f"{name}[{key!r}]", actual[key], expected[key])
        elif isinstance(expected, (list, tuple)):
            for index, item in enumerate(expected):
                compare(f"{name}[{index}]", actual[index], item)
        elif actual != expected:
            sys.exit(f"FAIL: {name} is {actual!r}, expected {expected!r}")

    problem = load(sys.argv[1] if len(sys.argv) > 1 else "problem.py")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.manual_seed(42)
    arguments = getattr(problem, "get_init_inputs", list)()
    reference = build(problem.Model, arguments)
    program = build(ModelNew, arguments)
    program.load_state_dict(reference.state_dict())
    compare("output", run(program), run(reference))
    for (name, actual), expected in zip(program.state_dict().items(), reference.state_dict().values()):
        compare(name, actual, expected)
    print("PASS")
