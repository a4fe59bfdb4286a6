"""Products by float16, as codegen writes them for Hopper. Matrix products go by two parts of each operand and are as exact as float32's;
convolutions go by rounded operands, as exact as PyTorch's in TF32. What float16 cannot hold goes another way.

The text for CUDA runs here on the interpreter (or on the GPU where there is one): of the candidates the one with parts.
"""
import os
import pathlib
import sys

import pytest

torch = pytest.importorskip("torch")
if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")
pytest.importorskip("triton")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "ops"))

from emitted import binary, candidates_for_cuda, run  # noqa: E402
from single import Single  # noqa: E402

PROGRAM = binary()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="kernelagent is not built")
DEVICE = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"


def product(tmp_path, op, *operands, precision="fp16x3", **keywords):
    """The result and float64's, with the sum of magnitudes that its errors are measured by."""
    single = Single(op, operands, keywords)
    emission = candidates_for_cuda(PROGRAM, single.graph, tmp_path)
    wanted = [kernel for kernel in emission["kernels"] if f"precision={precision} " in kernel["kernel"]["schedule"]]
    assert wanted, [kernel["kernel"]["schedule"] for kernel in emission["kernels"]]
    emission["kernels"] = wanted[:1]
    got = run(emission, single.inputs, tmp_path, "product", DEVICE)[single.graph["outputs"][0]["value"]]
    call = getattr(getattr(torch.ops.aten, op.split(".")[1]), op.split(".")[2])
    wide = [operand.double() for operand in operands]
    return got, call(*wide, **keywords), call(*[operand.abs() for operand in wide], **keywords)


def rms(error):
    return error.square().mean().sqrt().item()


def test_errors_are_those_of_float32(tmp_path):
    generator = torch.Generator().manual_seed(1)
    a, b = (torch.randn(shape, generator=generator) for shape in ((415, 200), (200, 420)))
    got, want, _ = product(tmp_path, "aten.mm.default", a, b)
    assert rms(got - want) < 1.5 * rms(a @ b - want)


def test_operands_along_the_depth_and_a_batch(tmp_path):
    generator = torch.Generator().manual_seed(2)
    a, b = torch.rand(2, 414, 130, generator=generator), torch.rand(2, 414, 130, generator=generator).mT
    got, want, _ = product(tmp_path, "aten.bmm.default", a, b)
    assert rms(got - want) < 1.5 * rms(a @ b - want)


def test_rows_of_every_size(tmp_path):
    """Scales follow the rows, down to denormal ones and up to the largest."""
    generator = torch.Generator().manual_seed(3)
    a = torch.rand(416, 128, generator=generator) + 0.5
    a *= torch.logspace(-38, 34, 416, dtype=torch.float64)[:, None].float()
    a[0], a[1] = 0.0, 1e-42
    b = torch.randn(128, 416, generator=generator)
    got, want, magnitude = product(tmp_path, "aten.mm.default", a, b)
    assert (got[0] == 0).all()
    normal = magnitude > 1e-30
    assert ((got.double() - want).abs() / magnitude)[normal].max() < 2.0**-21
    assert (got.double() - want).abs()[~normal].max() < 1e-36


def test_rows_that_parts_cannot_hold(tmp_path):
    """A feature of another scale, whose weights make up for it; infinities and NaN: their tiles are multiplied exactly."""
    generator = torch.Generator().manual_seed(4)
    a, b = (torch.rand(shape, generator=generator) + 0.5 for shape in ((416, 130), (130, 416)))
    a[3, 7], b[7] = 1e9, 1e-9
    a[200, 5], a[300, 6], b[8, 400] = float("inf"), float("nan"), float("-inf")
    got, want, magnitude = product(tmp_path, "aten.mm.default", a, b)
    assert torch.equal(got.isnan(), want.isnan()) and torch.equal(got.isposinf(), want.isposinf())
    finite = want.isfinite()
    assert ((got.double() - want).abs() / magnitude)[finite].max() < 2.0**-21


CONVOLUTIONS = {
    "padded": ("aten.conv2d.default", (2, 32, 9, 11), (20, 32, 3, 3), dict(padding=[1, 2])),
    "strided": ("aten.conv2d.default", (2, 48, 14, 13), (17, 48, 3, 2), dict(stride=[2, 3], dilation=[2, 1])),
    "one dim": ("aten.conv1d.default", (2, 40, 70), (16, 40, 5), dict(padding=[2])),
    "three dims": ("aten.conv3d.default", (2, 16, 5, 6, 7), (16, 16, 3, 2, 3), dict(padding=[1, 0, 1])),
    "pointwise": ("aten.conv2d.default", (2, 64, 8, 9), (32, 64, 1, 1), {}),
    "transposed": ("aten.conv_transpose2d.input", (2, 32, 6, 7), (32, 24, 4, 3), dict(stride=[2, 2], padding=[1, 1])),
    "transposed, three dims": ("aten.conv_transpose3d.input", (1, 16, 3, 4, 5), (16, 16, 3, 3, 3), dict(stride=[2, 2, 2], padding=[1, 1, 1])),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions_round_as_tf32_does(name, tmp_path):
    op, image, weight, keywords = CONVOLUTIONS[name]
    generator = torch.Generator().manual_seed(5)
    x, w = torch.randn(image, generator=generator), torch.randn(weight, generator=generator)
    got, want, magnitude = product(tmp_path, op, x, w, precision="fp16", **keywords)
    error = (got.double() - want).abs()
    assert 0 < error.max() and (error <= magnitude * 2.0**-10).all()


def test_images_that_float16_cannot_hold(tmp_path):
    generator = torch.Generator().manual_seed(6)
    x, w = torch.randn(4, 32, 8, 8, generator=generator), torch.randn(16, 32, 3, 3, generator=generator)
    x[1] *= 1e6
    x[2] *= 1e-6
    x[3, 4, 5, 6] = float("inf")
    got, want, magnitude = product(tmp_path, "aten.conv2d.default", x, w, precision="fp16", padding=[1, 1])
    share = (got.double() - want).abs() / magnitude
    assert share[1:3].max() < 2.0**-21 and torch.equal(got.isinf(), want.isinf()) and not got.isnan().any()
