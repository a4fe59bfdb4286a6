"""What a program returns without its last step (kernelagent_worker/last_step.py)."""

import torch

from kernelagent_worker.last_step import LastStep


def before(function, *inputs):
    with torch.no_grad():
        plain = function(*inputs)
        watch = LastStep({(plain.numel(), plain.dtype)})
        with watch:
            result = function(*inputs)
    assert torch.equal(result, plain)
    return watch.before(result)


def test_the_operand_of_the_last_operator():
    x = torch.randn(4, 6)
    assert torch.equal(before(lambda x: torch.relu(x * 2), x), x * 2)
    assert torch.equal(before(lambda x: (x * 2).relu_(), x), x * 2)
    assert torch.equal(before(lambda x: torch.relu(x * 2).clone(), x), x * 2)
    assert torch.equal(before(lambda x: torch.relu(x * 2).view(6, 4), x), (x * 2).view(6, 4))


def test_nothing_where_the_last_operator_changes_the_size():
    assert before(lambda x: x.sum(dim=1), torch.randn(4, 6)) is None
