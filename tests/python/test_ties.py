"""Among equal elements the reference takes the earlier one (ties.py), as generated kernels do."""
import pytest

torch = pytest.importorskip("torch")

from kernelagent_worker import randomness, ties  # noqa: E402

LINE = torch.tensor([[2.0, 1.0, 2.0, 0.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
WITH_NAN = torch.tensor([[2.0, float("nan"), 1.0, float("nan")], [float("nan")] * 4, [3.0, 1.0, 2.0, 0.0]])


def chosen(call):
    with ties.StableOrder():
        values, index = call()
    plain, _ = call()
    assert torch.equal(values.nan_to_num(9), plain.nan_to_num(9)), "which element is taken is open, its value is not"
    assert values.stride() == plain.stride() and index.dtype == torch.int64
    return index.tolist()


def test_topk_takes_the_earlier():
    assert chosen(lambda: torch.topk(LINE, 4)) == [[0, 2, 5, 1], [0, 1, 2, 3]]
    assert chosen(lambda: torch.topk(LINE, 3, largest=False)) == [[3, 1, 4], [0, 1, 2]]
    assert chosen(lambda: torch.topk(LINE.t(), 1, dim=0)) == [[0, 0]]
    assert chosen(lambda: torch.topk(WITH_NAN, 2)) == [[1, 3], [0, 1], [0, 2]]


def test_sort_is_stable():
    assert chosen(lambda: torch.sort(LINE)) == [[3, 1, 4, 0, 2, 5], [0, 1, 2, 3, 4, 5]]
    assert chosen(lambda: torch.sort(LINE, descending=True)) == [[0, 2, 5, 1, 4, 3], [0, 1, 2, 3, 4, 5]]


def test_middles_take_the_earlier():
    assert chosen(lambda: torch.kthvalue(LINE, 3)) == [4, 2]
    assert chosen(lambda: torch.median(LINE, dim=1, keepdim=True)) == [[4], [2]]
    assert chosen(lambda: torch.median(WITH_NAN, dim=1)) == [1, 0, 1]
    assert chosen(lambda: torch.nanmedian(WITH_NAN, dim=1)) == [2, 0, 1]


def test_only_problems_that_choose_are_watched():
    for call, chooses in ((lambda: torch.relu(LINE), False), (lambda: torch.topk(LINE, 2), True), (lambda: torch.sort(LINE, stable=True), False)):
        recorder = randomness.Recorder()
        with recorder:
            call()
        assert recorder.chooses == chooses
