# problem.py as a Triton program, composed by KernelAgent: 5 kernels, 5 calls written by codegen.
# Use ModelNew in place of Model, or call kernel_function with the state by name. Run this file to compare it with the problem;
# `kernelagent verify` judges it, and writes what was verified into the certificate beside it.
# --- construction zone (copied from the problem; sha256 e3d03ed500c37769c2c7fd76065962d0fa27b7ccfa17ee80dc06a65d064fda25) ---
import torch
import torch.nn as nn


class Model(nn.Module):
    """Counts its calls, keeps a running sum, and returns two results."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 8))
        self.register_buffer("total", torch.zeros(4, 8))
        self.register_buffer("calls", torch.tensor(0))


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


import contextlib
import weakref

_replays = weakref.WeakKeyDictionary()


class _Replay:
    """What a module's `_run_kernels` launches, recorded as one CUDA graph, and what it was recorded with.

    Inputs are copied into memory that the graph reads, and results out of memory that it writes: both belong to the caller. The module's
    tensors are read and written where they lie.
    """

    def __init__(self, module, inputs):
        parts = list(module.modules())
        holders = [holder for part in parts for holder in (part._parameters, part._buffers)]
        self.stream = torch.cuda.current_stream()
        self.inputs = [torch.empty_like(one) for one in inputs]
        self.children = [(part._modules, name, child) for part in parts for name, child in part._modules.items()]
        self.places = [(holder, name) for holder in holders for name in holder]
        self.addresses = self.addresses_now()
        # Kept, so that no other tensor comes to lie where one of these lay.
        self.tensors = [holder[name].detach() for holder, name in self.places if holder[name] is not None]
        self.graph = None

    def addresses_now(self):
        tensors = [holder.get(name) for holder, name in self.places]
        return [None if tensor is None else tensor.data_ptr() for tensor in tensors]

    def fits(self, inputs):
        """Do the inputs look as they did, and do the module's tensors lie where they lay?"""
        alike = all(
            one.shape == own.shape and one.dtype == own.dtype and one.device == own.device
            for one, own in zip(inputs, self.inputs)
        )
        there = all(holder.get(name) is child for holder, name, child in self.children)
        return alike and there and self.addresses_now() == self.addresses and torch.cuda.current_stream() == self.stream

    def run(self, module, inputs):
        if self.graph is None:
            self.record(module)
        if not self.graph:
            return module._run_kernels(*inputs)
        for own, one in zip(self.inputs, inputs):
            own.copy_(one)
        self.graph.replay()
        copies = [torch.empty_strided(one.shape, one.stride(), dtype=one.dtype, device=one.device) for one in self.results]
        for copy, one in zip(copies, self.results):
            copy.copy_(one)
        return tuple(copies) if self.several else copies[0]

    def record(self, module):
        graph = torch.cuda.CUDAGraph()
        self.graph = False  # what cannot be recorded runs launch by launch
        with contextlib.suppress(RuntimeError):
            with torch.cuda.graph(graph, capture_error_mode="thread_local"):
                results = module._run_kernels(*self.inputs)
            self.several = isinstance(results, tuple)
            self.results = results if self.several else (results,)
            self.graph = graph


def _replayed(module, *inputs):
    """Computes `module._run_kernels(*inputs)`: the first call launch by launch, further ones as one launch of a CUDA graph.

    Under grad mode, elsewhere than on the current GPU, and inside a graph that somebody else records, always launch by launch.
    """
    here = all(isinstance(one, torch.Tensor) and one.is_cuda for one in inputs)
    if not here or torch.is_grad_enabled() or torch.cuda.is_current_stream_capturing():
        return module._run_kernels(*inputs)
    if any(one.device.index != torch.cuda.current_device() for one in inputs):
        return module._run_kernels(*inputs)
    # Taken out while it runs: another thread makes one of its own.
    replay = _replays.pop(module, None)
    if replay is not None and replay.fits(inputs):
        result = replay.run(module, inputs)
    else:
        replay = _Replay(module, inputs)
        result = module._run_kernels(*inputs)
    _replays[module] = replay
    return result


@triton.jit
def count_kernel(b_calls_in, add_out, BLOCK: tl.constexpr):
    # b_calls + 1
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 1
    b_calls = tl.load(b_calls_in)
    tl.store(add_out + at, b_calls + 1, mask=inside)


def run_count(b_calls, add):
    """b_calls + 1"""
    count_kernel[(1,)](b_calls, add, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def sum_kernel(b_total_in, x_in, add_1_out, BLOCK: tl.constexpr):
    # b_total + x
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 32
    b_total = tl.load(b_total_in + at, mask=inside)
    x = tl.load(x_in + at, mask=inside)
    tl.store(add_1_out + at, b_total + x, mask=inside)


def run_sum(b_total, x, add_1):
    """b_total + x"""
    sum_kernel[(1,)](b_total, x, add_1, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def scale_kernel(x_in, p_weight_in, mul_out, BLOCK: tl.constexpr):
    # x * p_weight
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 32
    x = tl.load(x_in + at, mask=inside)
    p_weight = tl.load(p_weight_in + at, mask=inside)
    tl.store(mul_out + at, x * p_weight, mask=inside)


def run_scale(x, p_weight, mul):
    """x * p_weight"""
    scale_kernel[(1,)](x, p_weight, mul, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def relu_kernel(mul_in, relu_out, BLOCK: tl.constexpr):
    # tl.maximum(mul, 0.0)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 32
    mul = tl.load(mul_in + at, mask=inside)
    tl.store(relu_out + at, tl.maximum(mul, 0.0), mask=inside)


def run_relu(mul, relu):
    """tl.maximum(mul, 0.0)"""
    relu_kernel[(1,)](mul, relu, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def shift_kernel(mul_in, y_in, add_2_out, BLOCK: tl.constexpr):
    # mul + y
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 32
    mul = tl.load(mul_in + at, mask=inside)
    y = tl.load(y_in + at, mask=inside)
    tl.store(add_2_out + at, mul + y, mask=inside)


def run_shift(mul, y, add_2):
    """mul + y"""
    shift_kernel[(1,)](mul, y, add_2, BLOCK=32, num_warps=4, num_stages=2)


def _program(x, y, weight, total, calls):
    """Runs 5 kernels in order and returns the results flat."""
    device = x.device
    x = _expect("x", x, torch.float32, (4, 8), (8, 1))
    y = _expect("y", y, torch.float32, (4, 8), (8, 1))
    weight = _expect("weight", weight, torch.float32, (4, 8), (8, 1))
    total = _expect_in_place("total", total, torch.float32, (4, 8), (8, 1))
    calls = _scalar("calls", calls, torch.int64, device)

    # count
    add = torch.empty((), dtype=torch.int64, device=device)
    run_count(calls, add)

    # sum
    run_sum(total, x, total)

    # scale
    mul = torch.empty((4, 8), dtype=torch.float32, device=device)
    run_scale(x, weight, mul)

    # relu
    relu = torch.empty((4, 8), dtype=torch.float32, device=device)
    run_relu(mul, relu)

    # shift
    add_2 = torch.empty((4, 8), dtype=torch.float32, device=device)
    run_shift(mul, y, add_2)

    _copy_into(calls, add)
    return relu, add_2


class _Forward(torch.autograd.Function):
    """Runs the program under grad mode, so that asking for its gradient says what is missing."""

    @staticmethod
    def forward(ctx, *arguments):
        if any(ctx.needs_input_grad[index] for index in (3, 4)):
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


def kernel_function(x, y, *, weight, total, calls):
    """Computes what Model.forward computes; state goes by name, with underscores for dots."""
    return _call(x, y, weight, total, calls)


class ModelNew(Model):
    """Built as the problem's Model is; its forward runs the kernels above."""

    def forward(self, x, y):
        return _replayed(self, x, y)

    def _run_kernels(self, x, y):
        return kernel_function(
            x, y, weight=self.weight, total=self.total, calls=self.calls
        )


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
