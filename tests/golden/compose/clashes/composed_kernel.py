# problem.py as a Triton program, composed by KernelAgent: 3 kernels, 3 calls written by agent:test, codegen.
# Use ModelNew in place of Model, or call kernel_function with the state by name. Run this file to compare it with the problem;
# `kernelagent verify` judges it, and writes what was verified into the certificate beside it.
# --- construction zone (copied from the problem; sha256 c3e93a1289e9fdab5d92bd591a0c7d09c53e208418e46d7a3d25dff6e027d38b) ---
from collections import namedtuple

import torch
import torch.nn as nn

Pair = namedtuple("Pair", ["left", "right"])


def _check(size):
    if size < 1:
        raise ValueError(size)
    return size


def twice_kernel(size):
    return _check(size) * 2


class Model(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.__weight = nn.Parameter(torch.ones(twice_kernel(size)))


# --- forward zone ---
import math

import torch
import triton
import triton.language as tl
import math
from triton.language import float32


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


def _ka_check(name, x, dtype, shape):
    """Raises where x is not a tensor of this dtype and shape."""
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"{name}: expected a tensor, got {type(x).__name__}")
    if x.dtype != dtype or x.shape != shape:
        raise ValueError(f"{name}: expected {dtype} {list(shape)}, got {x.dtype} {list(x.shape)}")


def _expect(name, x, dtype, shape, stride):
    """Returns x, checked, in the layout that the kernels were written for."""
    _ka_check(name, x, dtype, shape)
    return _as_expected(x, shape, stride)


@triton.jit
def _same(x):
    return x


@triton.jit
def _same_1(x):
    return x + x


@triton.jit
def kept_kernel(torch__in, p_weight_in, mul_out, BLOCK: tl.constexpr):
    # _same(torch_ * p_weight)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    torch_ = tl.load(torch__in + at, mask=inside)
    p_weight = tl.load(p_weight_in + at, mask=inside)
    tl.store(mul_out + at, _same(torch_ * p_weight), mask=inside)


def run_kept(torch_, p_weight, mul):
    """_same(torch_ * p_weight)"""
    kept_kernel[(1,)](torch_, p_weight, mul, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def twice_kernel_1(mul_in, mul_1_out, BLOCK: tl.constexpr):
    # _same(mul)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    mul = tl.load(mul_in + at, mask=inside)
    tl.store(mul_1_out + at, _same_1(mul), mask=inside)


def run_twice(mul, mul_1):
    """_same(mul)"""
    twice_kernel_1[(1,)](mul, mul_1, BLOCK=32, num_warps=4, num_stages=2)


thrice_BLOCK = 32


@triton.jit
def thrice__kernel(x, y, n, factor, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    tl.store(y + at, tl.load(x + at, mask=at < n).to(float32) * factor, mask=at < n)


def thrice_kernel_function(mul):
    y = torch.empty_like(mul)
    thrice__kernel[(1,)](mul, y, mul.numel(), math.sqrt(9.0), BLOCK=thrice_BLOCK)
    return y


def _program(torch_, _Model__weight):
    """Runs 3 kernels in order and returns the results flat."""
    device = torch_.device
    torch_ = _expect("torch_", torch_, torch.float32, (8,), (1,))
    _Model__weight = _expect(
        "_Model__weight", _Model__weight, torch.float32, (8,), (1,)
    )

    # kept
    mul = torch.empty((8,), dtype=torch.float32, device=device)
    run_kept(torch_, _Model__weight, mul)

    # twice
    mul_1 = torch.empty((8,), dtype=torch.float32, device=device)
    run_twice(mul, mul_1)

    # thrice
    mul_2 = thrice_kernel_function(mul)
    return mul_1, mul_2


class _Forward(torch.autograd.Function):
    """Runs the program under grad mode, so that asking for its gradient says what is missing."""

    @staticmethod
    def forward(ctx, *arguments):
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


def kernel_function(torch_, *, _Model__weight):
    """Computes what Model.forward computes; state goes by name, with underscores for dots."""
    mul_1, mul_2 = _call(torch_, _Model__weight)
    return Pair(left=mul_1, right=mul_2)


class ModelNew(Model):
    """Built as the problem's Model is; its forward runs the kernels above."""

    def forward(self, torch_, device=None):
        if self.training:
            raise RuntimeError("this program was made for eval mode")
        if device is not None:
            raise ValueError("device: this program was made for its default")
        return kernel_function(torch_, _Model__weight=self._Model__weight)


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
        return made.to(device).train(False)

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
