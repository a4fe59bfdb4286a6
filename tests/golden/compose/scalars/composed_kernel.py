# problem.py as a Triton program, composed by KernelAgent: 2 kernels, 2 calls written by codegen.
# Use ModelNew in place of Model, or call kernel_function with the state by name. Run this file to compare it with the problem;
# `kernelagent verify` judges it, and writes what was verified into the certificate beside it.
# --- construction zone (copied from the problem; sha256 3122e792f77d3758abbd42f2fd285df03b75ddfc96ea98519fa12a1f82a93465) ---
import torch
import torch.nn as nn


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.shift = torch.tensor([[0.25], [0.5]]).expand(2, 4).contiguous()


# --- forward zone ---
import torch
import triton
import triton.language as tl


_C_LIFTED = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


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


_constants = {}


def _constant(name, values, shape, dtype, device):
    """Returns a tensor of the program's own, made once per device and never written."""
    if (name, device) not in _constants:
        _constants[name, device] = torch.tensor(values, dtype=dtype, device=device).view(shape)
    return _constants[name, device]


@triton.jit
def scale_kernel(xs_0_in, k_in, xs_1_bias_in, c_lifted_in, add_out, BLOCK: tl.constexpr):
    # xs_0 * k.to(tl.float32) + xs_1_bias * c_lifted
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    xs_0 = tl.load(xs_0_in + at, mask=inside)
    k = tl.load(k_in)
    xs_1_bias = tl.load(xs_1_bias_in + at, mask=inside)
    c_lifted = tl.load(c_lifted_in + at, mask=inside)
    tl.store(add_out + at, xs_0 * k.to(tl.float32) + xs_1_bias * c_lifted, mask=inside)


def run_scale(xs_0, k, xs_1_bias, c_lifted, add):
    """xs_0 * k.to(tl.float32) + xs_1_bias * c_lifted"""
    scale_kernel[(1,)](
        xs_0, k, xs_1_bias, c_lifted, add, BLOCK=32, num_warps=4, num_stages=2
    )


@triton.jit
def square_kernel(add_in, a_shift_in, add_1_out, partial_scratch, sums_scratch, BLOCK: tl.constexpr):
    # add * add + a_shift
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < 8
    add = tl.load(add_in + at, mask=inside)
    a_shift = tl.load(a_shift_in + at, mask=inside)
    tl.store(add_1_out + at, add * add + a_shift, mask=inside)


def run_square(add, a_shift, add_1, partial, sums):
    """add * add + a_shift"""
    square_kernel[(1,)](
        add, a_shift, add_1, partial, sums, BLOCK=32, num_warps=4, num_stages=2
    )


def _program(xs_0, xs_1_bias, k, power, shift):
    """Runs 2 kernels in order and returns the results flat."""
    if power != 2:
        raise ValueError("power: this program was made for 2")
    device = xs_0.device
    xs_0 = _expect("xs.0", xs_0, torch.float32, (2, 4), (4, 1))
    xs_1_bias = _expect("xs.1.bias", xs_1_bias, torch.float32, (2, 4), (4, 1))
    k = _scalar("k", k, torch.float64, device)
    shift = _expect("shift", shift, torch.float32, (2, 4), (4, 1))
    c_lifted = _constant(
        "_lifted_tensor_constant0", _C_LIFTED, (2, 4), torch.float32, device
    )

    # scale
    add = torch.empty((2, 4), dtype=torch.float32, device=device)
    run_scale(xs_0, k, xs_1_bias, c_lifted, add)

    # square
    add_1 = torch.empty((2, 4), dtype=torch.float32, device=device)
    square_partial = torch.empty((2, 4), dtype=torch.float32, device=device)
    square_sums = torch.zeros((4,), dtype=torch.int32, device=device)
    run_square(add, shift, add_1, square_partial, square_sums)
    return add_1


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


def kernel_function(xs_0, xs_1_bias, k, power, *, shift):
    """Computes what Model.forward computes; state goes by name, with underscores for dots."""
    return _call(xs_0, xs_1_bias, k, power, shift)


class ModelNew(Model):
    """Built as the problem's Model is; its forward runs the kernels above."""

    def _apply(self, fn, recurse=True):
        super()._apply(fn, recurse)
        self.shift = fn(self.shift)
        return self

    def forward(self, xs, k, power, reduction="sum", mask=None):
        if reduction != "sum":
            raise ValueError("reduction: this program was made for its default")
        if mask is not None:
            raise ValueError("mask: this program was made for its default")
        return kernel_function(xs[0], xs[1]["bias"], k, power, shift=self.shift)


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
