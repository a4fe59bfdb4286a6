"""Runs templates/host/*.py, the host code of every generated module, on Triton's interpreter."""

import importlib.util
import os
import pathlib

os.environ.setdefault("TRITON_INTERPRET", "1")

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

HOST = pathlib.Path(__file__).parents[2] / "templates" / "host"
IMPORTS = "import torch\nimport triton\nimport triton.language as tl\n\n\n"


@pytest.fixture(scope="module")
def host(tmp_path_factory):
    path = tmp_path_factory.mktemp("host") / "host_functions.py"
    parts = [(HOST / f"{name}.py").read_text() for name in ("restride", "check", "scalar", "device")]
    path.write_text(IMPORTS + "\n\n".join(parts))
    spec = importlib.util.spec_from_file_location("host_functions", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int8, torch.uint8, torch.bool]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_transposed_inputs_are_brought_into_the_expected_layout(host, dtype):
    x = (torch.arange(40 * 33).reshape(40, 33) % 3).to(dtype).t()
    y = host._as_expected(x, (33, 40), (40, 1))
    assert y.stride() == (40, 1) and y.dtype == dtype
    assert torch.equal(x, y)


@pytest.mark.parametrize("rank", range(9))
def test_every_rank(host, rank):
    shape = tuple(range(2, 2 + rank)) if rank < 6 else (2,) * rank
    dense = torch.randn(shape)
    turned = tuple(reversed(range(rank)))
    x = dense.permute(turned).contiguous().permute(turned)
    y = host._as_expected(x, shape, dense.stride())
    assert y.stride() == dense.stride() and torch.equal(y, dense)


def test_matching_layouts_are_not_copied(host):
    x = torch.randn(4, 1, 8)
    assert host._as_expected(x, (4, 1, 8), (8, 8, 1)) is x
    assert host._as_expected(x.as_strided((4, 1, 8), (8, 99, 1)), (4, 1, 8), (8, 8, 1)).stride() == (8, 99, 1)
    empty = torch.empty(4, 0, 8)
    assert host._as_expected(empty, (4, 0, 8), (1, 2, 3)) is empty


def test_offsets_slices_and_expansions_are_read_right(host):
    x = torch.randn(10, 12)[1::2, 2:9]
    assert torch.equal(host._as_expected(x, (5, 7), (7, 1)), x)
    row = torch.randn(7).expand(5, 7)
    assert torch.equal(host._as_expected(row, (5, 7), (7, 1)), row)
    with pytest.raises(ValueError, match="expanded tensor of strides"):
        host._as_expected(torch.randn(5, 7), (5, 7), (0, 1))


def test_copy_into_writes_through_views(host):
    base = torch.zeros(6, 6)
    host._copy_into(base[1:3, ::2], torch.arange(6.0).reshape(2, 3))
    expected = torch.zeros(6, 6)
    expected[1:3, ::2] = torch.arange(6.0).reshape(2, 3)
    assert torch.equal(base, expected)
    scalar = torch.zeros((), dtype=torch.int64)
    host._copy_into(scalar, torch.tensor(7))
    assert scalar.item() == 7


def test_check_raises_one_clear_line(host):
    x = torch.randn(4, 8)
    assert host._expect("x", x, torch.float32, (4, 8), (8, 1)) is x
    with pytest.raises(ValueError, match=r"^x: expected torch.float32 \[4, 9\], got torch.float32 \[4, 8\]$"):
        host._expect("x", x, torch.float32, (4, 9), (9, 1))
    with pytest.raises(ValueError, match="expected torch.float64"):
        host._expect("x", x, torch.float64, (4, 8), (8, 1))
    with pytest.raises(TypeError, match="^x: expected a tensor, got float$"):
        host._expect("x", 1.0, torch.float32, (4, 8), (8, 1))


def test_scalars_may_be_numbers_or_tensors(host):
    device = torch.device("cpu")
    assert host._scalar("k", 3, torch.float64, device).dtype == torch.float64
    assert host._scalar("k", True, torch.bool, device).item() is True
    k = torch.tensor(2.5)
    assert host._scalar("k", k, torch.float32, device) is k
    with pytest.raises(ValueError, match="^k: expected torch.float32"):
        host._scalar("k", torch.ones(2), torch.float32, device)


def test_devices(host):
    assert not host._on_other_device(torch.ones(2))
    assert not host._on_other_device(3)
    assert host._device_of(1, torch.ones(2)).type == "cpu"
