# problem.py as a Triton program, composed by KernelAgent: 2 kernels, 2 calls written by codegen.
# Use ModelNew in place of Model, or call kernel_function with the state by name. Run this file to compare it with the problem;
# `kernelagent verify` judges it, and writes what was verified into the certificate beside it.
# --- construction zone (copied from the problem; sha256 b71dc98859aca6bebec46229124ec3a6d25f4bdbef500b22d291396604d4eadf) ---
import torch
import torch.nn as nn


class Model(nn.Module):
    ...


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


@triton.jit
def double_kernel(x_in, mul_out, BLOCK: tl.constexpr):
    # x * 2.0
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 32
    x = tl.load(x_in + at, mask=inside)
    tl.store(mul_out + at, x * 2.0, mask=inside)


def run_double(x, mul):
    """x * 2.0"""
    double_kernel[(1,)](x, mul, BLOCK=32, num_warps=4, num_stages=2)


@triton.jit
def swap_kernel(x_in, add_out, BLOCK: tl.constexpr):
    # x + 0.0
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 32
    x = tl.load(x_in + at, mask=inside)
    tl.store(add_out + at, x + 0.0, mask=inside)


def run_swap(x, add):
    """x + 0.0"""
    swap_kernel[(1,)](x, add, BLOCK=32, num_warps=4, num_stages=2)


def _program(x, y):
    """Runs 2 kernels in order and returns the results flat."""
    device = x.device
    x_given = x
    x = _expect("x", x, torch.float32, (4, 8), (8, 1))
    y_given = y
    y = _expect("y", y, torch.float32, (4, 8), (8, 1))

    # double
    mul = torch.empty((4, 8), dtype=torch.float32, device=device)
    run_double(x, mul)

    # swap
    add = torch.empty((4, 8), dtype=torch.float32, device=device)
    run_swap(x, add)
    x_new = torch.empty((4, 8), dtype=torch.float32, device=device)
    _copy_into(x_new, y)

    _copy_into(x_given, x_new)
    _copy_into(y_given, add)
    return (
        y_given.view(8, 4)[1:3].permute(1, 0),
        mul.permute(1, 0),
        mul,
        mul.permute(1, 0).unsqueeze(0).select(1, 2),
        x_given.expand(2, 4, 8),
    )


class _Forward(torch.autograd.Function):
    """Runs the program under grad mode, so that asking for its gradient says what is missing."""

    @staticmethod
    def forward(ctx, *arguments):
        if any(ctx.needs_input_grad[index] for index in (0, 1)):
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


def kernel_function(x, y):
    """Computes what Model.forward computes; state goes by name, with underscores for dots."""
    permute_1, permute, mul, select, expand = _call(x, y)
    return [permute_1, permute, (mul, select), expand]


class ModelNew(Model):
    """Built as the problem's Model is; its forward runs the kernels above."""

    def forward(self, x, y):
        return kernel_function(x, y)


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
