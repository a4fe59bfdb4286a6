"""Accuracy of templates/math/ against float64, over dense sweeps and the special values.

Runs on the GPU where there is one (unless TRITON_INTERPRET is set), on Triton's interpreter otherwise; and compiles every
function for sm_90, which needs no GPU.
"""
import importlib.util
import math
import os
import pathlib
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")
triton = pytest.importorskip("triton")

ROOT = pathlib.Path(__file__).resolve().parents[2]
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"
DEVICE = "cpu" if INTERPRETED else "cuda"
BLOCK = 4096
INF, NAN = math.inf, math.nan

HEADER = "import triton\nimport triton.language as tl\n\n\n"
KERNEL = """

@triton.jit
def run_{name}({pointers}, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    keep = at < n
    result = {name}({loads})
    tl.store(out + at, result, mask=keep)
"""
ARITY = {"atan2": 2, "copysign": 2, "floor_divide": 2, "fmod": 2, "remainder": 2, "hypot": 2, "logaddexp": 2, "logaddexp2": 2, "power": 2,
         "integer_power": 2, "quotient": 2, "logit_between": 3}


def functions():
    return sorted(path.stem for path in (ROOT / "templates" / "math").glob("*.py"))


def module_text():
    parts = [HEADER]
    for name in functions():
        parts.append((ROOT / "templates" / "math" / f"{name}.py").read_text() + "\n\n")
    for name in functions():
        arguments = [f"p{i}" for i in range(ARITY.get(name, 1))]
        loads = ", ".join(f"tl.load({a} + at, mask=keep, other=1)" for a in arguments)
        parts.append(KERNEL.format(name=name, pointers=", ".join(arguments), loads=loads))
    return "".join(parts)


@pytest.fixture(scope="module")
def kernels(tmp_path_factory):
    path = tmp_path_factory.mktemp("math") / "math_kernels.py"
    path.write_text(module_text())
    spec = importlib.util.spec_from_file_location("math_kernels", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def evaluate(kernels, name, *arguments):
    arguments = [a.to(DEVICE).contiguous() for a in arguments]
    out = torch.empty_like(arguments[0])
    n = out.numel()
    getattr(kernels, f"run_{name}")[(triton.cdiv(n, BLOCK),)](*arguments, out, n, BLOCK=BLOCK)
    return out.cpu()


def sweep(low, high, dtype, count=20000):
    """Evenly spaced, logarithmic from the smallest normal number up, and random points of [low, high]."""
    generator = torch.Generator().manual_seed(7)
    even = torch.linspace(low, high, count, dtype=torch.float64)
    noise = low + (high - low) * torch.rand(count, generator=generator, dtype=torch.float64)
    near = 10.0 ** torch.linspace(-37, math.log10(max(abs(low), abs(high))), count, dtype=torch.float64)
    points = torch.cat([even, noise, near, -near])
    return points[(points >= low) & (points <= high)].to(dtype)


def units(got, want, dtype):
    """Largest error in units in the last place of the result; infinite where one is NaN or infinite and the other is not."""
    got, want = got.double(), want.double()
    rounded = want.to(dtype).double()
    same = (got == rounded) | (got.isnan() & rounded.isnan())
    step = torch.finfo(dtype).eps * rounded.abs().clamp_min(torch.finfo(dtype).tiny)
    error = torch.where(same, torch.zeros_like(got), (got - want).abs() / step)
    error = torch.where(~same & (got.isnan() | rounded.isnan() | got.isinf() | rounded.isinf()), torch.full_like(error, INF), error)
    worst = int(error.argmax())
    return float(error[worst]), worst


F32, F64 = torch.float32, torch.float64
#: name: (float64 reference, sweeps, special values, allowed units, dtypes)
UNARY = {
    "acos": (torch.acos, [(-1, 1)], [1.5, -2, INF, NAN], 3, (F32, F64)),
    "acosh": (torch.acosh, [(1, 5), (1, 1e30)], [0.5, -1, INF, -INF, NAN], 4, (F32, F64)),
    "asin": (torch.asin, [(-1, 1)], [1.5, -2, INF, NAN, 0.0], 3, (F32, F64)),
    "asinh": (torch.asinh, [(-5, 5), (-1e30, 1e30)], [INF, -INF, NAN, 0.0], 4, (F32, F64)),
    "atan": (torch.atan, [(-5, 5), (-1e30, 1e30)], [INF, -INF, NAN, 0.0], 2.5, (F32, F64)),
    "atanh": (torch.atanh, [(-1, 1)], [1.0, -1.0, 2, INF, NAN], 4, (F32, F64)),
    "cosh": (torch.cosh, [(-5, 5), (-89, 89)], [INF, -INF, NAN, 95.0], 5, (F32,)),
    "cosh_f64": (torch.cosh, [(-5, 5), (-89, 89)], [INF, -INF, NAN, 95.0], 5, (F64,)),
    "digamma": (torch.digamma, [(0.01, 30), (1, 1e6), (-20.3, -0.2)], [0.0, -0.0, -3.0, INF, NAN], 3, (F32,)),
    "erfc": (torch.erfc, [(-4, 4), (0, 9)], [INF, -INF, NAN, 0.0], 1, (F32,)),
    "erfinv": (torch.erfinv, [(-1, 1), (0.99, 1)], [1.0, -1.0, 1.5, NAN, 0.0], 1, (F32,)),
    "expm1": (torch.expm1, [(-2, 2), (-100, 88)], [INF, -INF, NAN, 0.0, 89.5], 2, (F32,)),
    "expm1_f64": (torch.expm1, [(-2, 2), (-100, 88)], [INF, -INF, NAN, 0.0, 89.5], 2, (F64,)),
    "lgamma": (torch.lgamma, [(0.01, 30), (3, 1e6), (-20.3, -0.1)], [0.0, -0.0, 1.0, 2.0, -3.0, INF, -INF, NAN], 8, (F32,)),
    "log1p": (torch.log1p, [(-1, 2), (-1, 1e30)], [-1.0, -2, INF, -INF, NAN, 0.0], 2.5, (F32, F64)),
    "mish": (torch.nn.functional.mish, [(-30, 30), (0, 1e4)], [INF, NAN, 0.0], 8, (F32, F64)),
    "round_even": (torch.round, [(-10, 10), (-1e9, 1e9)], [0.5, 1.5, 2.5, -0.5, -1.5, INF, -INF, NAN, 0.0, 2**22 + 0.5, 2**23 - 0.5], 0, (F32, F64)),
    "sinh": (torch.sinh, [(-5, 5), (-89, 89)], [INF, -INF, NAN, 0.0, 95.0], 5, (F32,)),
    "sinh_f64": (torch.sinh, [(-5, 5), (-89, 89)], [INF, -INF, NAN, 0.0, 95.0], 5, (F64,)),
    "tanh": (torch.tanh, [(-2, 2), (-50, 50)], [INF, -INF, NAN, 0.0], 2.5, (F32,)),
    "tanh_f64": (torch.tanh, [(-2, 2), (-50, 50)], [INF, -INF, NAN, 0.0], 2.5, (F64,)),
    "trunc": (torch.trunc, [(-10, 10), (-1e9, 1e9)], [INF, -INF, NAN, 0.0, 0.5, -0.5], 0, (F32, F64)),
}


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", (F32, F64), ids=("float32", "float64"))
def test_unary(kernels, name, dtype):
    reference, sweeps, specials, allowed, dtypes = UNARY[name]
    if dtype not in dtypes:
        return  # the row refuses float64
    # libm's own float64 results are good to an ulp or two; the interpreter's NumPy is no better.
    allowed = allowed if dtype == F32 else 4 * allowed + 4
    x = torch.cat([sweep(low, high, dtype) for low, high in sweeps] + [torch.tensor(specials, dtype=dtype)])
    got = evaluate(kernels, name, x)
    error, at = units(got, reference(x.double()), dtype)
    assert error <= allowed, f"{name}({float(x[at])!r}) = {float(got[at])!r}, not {float(reference(x[at].double()))!r}: {error:.3g} units"


def pairs(dtype, low=-50.0, high=50.0):
    generator = torch.Generator().manual_seed(11)
    x = low + (high - low) * torch.rand(60000, generator=generator, dtype=torch.float64)
    y = low + (high - low) * torch.rand(60000, generator=generator, dtype=torch.float64)
    special = torch.tensor([0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, INF, -INF, NAN, 1e30, -1e30, 1e-30, 7.0, -7.0], dtype=torch.float64)
    a, b = torch.meshgrid(special, special, indexing="ij")
    return torch.cat([x, a.flatten()]).to(dtype), torch.cat([y, b.flatten()]).to(dtype)


BINARY = {
    "atan2": (torch.atan2, 3, (F32, F64), {}),
    "copysign": (torch.copysign, 0, (F32, F64), {}),
    "fmod": (torch.fmod, 0, (F32,), {}),
    "hypot": (torch.hypot, 1, (F32, F64), {}),
    "logaddexp": (torch.logaddexp, 3, (F32, F64), {}),
    "logaddexp2": (torch.logaddexp2, 3, (F32, F64), {}),
    "power": (torch.pow, 1, (F32,), {"low": -8.0, "high": 8.0}),
    "quotient": (torch.div, 0.5001, (F32, F64), {}),
}


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", (F32, F64), ids=("float32", "float64"))
def test_binary(kernels, name, dtype):
    reference, allowed, dtypes, bounds = BINARY[name]
    if dtype not in dtypes:
        return
    allowed = allowed if dtype == F32 else 4 * allowed + 4
    x, y = pairs(dtype, **bounds)
    if name == "power":
        x = torch.where(torch.arange(len(x)) < 40000, x.abs(), x)
        y = torch.where((torch.arange(len(x)) >= 40000) & (torch.arange(len(x)) < 60000), y.round(), y)
    got = evaluate(kernels, name, x, y)
    want = reference(x.double(), y.double())
    if name.startswith("logaddexp"):  # where the sum cancels, so does the reference
        keep = ~(want.abs() < 0.5)
        x, y, got, want = x[keep], y[keep], got[keep], want[keep]
    error, at = units(got, want, dtype)
    assert error <= allowed, f"{name}({float(x[at])!r}, {float(y[at])!r}) = {float(got[at])!r}, not {float(want[at])!r}: {error:.3g} units"


@pytest.mark.parametrize("name, reference", [("remainder", torch.remainder), ("floor_divide", lambda x, y: torch.div(x, y, rounding_mode="floor")), ("fmod", torch.fmod)])
@pytest.mark.parametrize("dtype", (F32, torch.int32, torch.int64, torch.int8), ids=str)
def test_exact(kernels, name, reference, dtype):
    """Agrees with PyTorch bit for bit (NaN with NaN; PyTorch itself rounds once where a float remainder changes sign)."""
    x, y = pairs(F32)
    if dtype == F32:
        wide = 10.0 ** (torch.rand(20000, generator=torch.Generator().manual_seed(3)) * 70 - 35)
        x, y = torch.cat([x, wide]), torch.cat([y, wide.flip(0)])
        keep = ~((x / y).abs() > 1e30) | (y == 0) | ~x.isfinite()  # where the quotient nearly overflows PyTorch's CPU gives NaN
        x, y = x[keep], y[keep]
    else:
        y = torch.where(y.abs() < 1, torch.ones_like(y), y)
        keep = x.isfinite() & y.isfinite() & (x.abs() < 1e9) & (y.abs() < 1e9)
        x, y = x[keep].to(dtype), y[keep].to(dtype)
    got, want = evaluate(kernels, name, x, y), reference(x, y)
    same = (got == want) | ((got != got) & (want != want))
    bad = (~same).nonzero().flatten()
    assert len(bad) == 0, f"{len(bad)} differ: {name}({x[bad[0]]}, {y[bad[0]]}) = {got[bad[0]]}, not {want[bad[0]]}"


@pytest.mark.parametrize("dtype", (torch.int32, torch.int64), ids=str)
def test_integer_power(kernels, dtype):
    x = torch.arange(-9, 10, dtype=dtype).repeat_interleave(17)
    n = torch.arange(-4, 13, dtype=dtype).repeat(19)
    assert torch.equal(evaluate(kernels, "integer_power", x, n), torch.pow(x, n))


def test_logit_between(kernels):
    x = torch.linspace(-0.5, 1.5, 4001)
    low, high = torch.full_like(x, 1e-3), torch.full_like(x, 1 - 1e-3)
    error, at = units(evaluate(kernels, "logit_between", x, low, high), torch.logit(x.double().clamp(float(low[0]), float(high[0]))), F32)
    assert error <= 300 or float(x[at]) == pytest.approx(0.5, abs=1e-3)  # near a half the logarithm cancels, in PyTorch too


COMPILE = """
import importlib.util, sys, triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
spec = importlib.util.spec_from_file_location("math_kernels", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for line in sys.argv[2:]:
    name, arity, types = line.split(":")
    for dtype in types.split(","):
        kernel = getattr(module, "run_" + name)
        signature = {f"p{i}": "*" + dtype for i in range(int(arity))} | {"out": "*" + dtype, "n": "i32", "BLOCK": "constexpr"}
        triton.compile(ASTSource(kernel, signature=signature, constexprs={(int(arity) + 2,): 256}), target=GPUTarget("cuda", 90, 32))
        print(name, dtype)
"""


def test_compiles_for_hopper(tmp_path):
    """Every function, in every type its rows accept, without a GPU."""
    (tmp_path / "math_kernels.py").write_text(module_text())
    integers = {"integer_power", "fmod", "remainder", "floor_divide"}
    only32 = {name for name, row in UNARY.items() if F64 not in row[4]} | {"nearest_tf32", "power", "fmod", "remainder", "floor_divide"}
    only64 = {name for name, row in UNARY.items() if F32 not in row[4]}
    lines = []
    for name in functions():
        types = [] if name == "integer_power" else ([] if name in only64 else ["fp32"]) + ([] if name in only32 else ["fp64"])
        lines.append(f"{name}:{ARITY.get(name, 1)}:{','.join(types + (['i32', 'i64'] if name in integers else []))}")
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"} | {"TRITON_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", COMPILE, str(tmp_path / "math_kernels.py"), *lines], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
