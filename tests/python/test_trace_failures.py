"""What tracing answers when it cannot, and its messages."""

import json
import os

import pytest
from test_trace import PROBLEMS, failure, path_of

from kernelagent_worker.protocol import Failure
from kernelagent_worker.trace import Role


@pytest.mark.parametrize("name, kind, line, words", [
    ("control_flow", "untraceable", 10, "control flow depends on the values of a tensor: if y.sum() > 0:"),
    ("item_in_forward", "untraceable", 9, "Python reads the values of a tensor"),
    ("value_shapes", "untraceable", 9, "the shape of a result"),
    ("autocast", "untraceable", 14, "autocast picks types by device"),
    ("global_state", "untraceable", None, 'CACHE.scale changes from nothing to a tensor'),
    ("forward_raises", "raised", 10, "forward raised RuntimeError: mat1 and mat2"),
    ("inputs_raise", "get_inputs_raised", 11, "get_inputs raised KeyError"),
    ("init_raises", "init_raised", 8, "Model(...) raised RuntimeError"),
    ("syntax_error", "syntax", 5, "expected ':'"),
    ("missing_package", "missing_package", 2, "a_package_that_nobody_has"),
    ("no_model", "no_model", None, "it defines Net"),
    ("no_get_inputs", "no_get_inputs", None, "get_inputs"),
    ("no_such_file", "no_file", None, "does not exist"),
])
def test_failures_say_what_and_where(name, kind, line, words):
    error = failure(name)
    assert (error.kind, error.line) == (kind, line), error.message
    assert words in error.message and "\n" not in error.message
    assert error.file == path_of(name) or (line is None and error.file is None)


def test_protocol_examples():
    """The example messages that the C++ side reads are what tracing answers."""
    with open(os.path.join(PROBLEMS, "..", "protocol", "trace.json")) as file:
        examples = json.load(file)
    folder = path_of("linear_gelu").removesuffix("linear_gelu.py")
    for example in examples:
        request = {**example["request"], "problem": example["request"]["problem"].replace("/problems/", folder)}
        reply = {"id": request["id"], "ok": True}
        try:
            reply.update(Role().handle(request))
        except Failure as error:
            reply.update(ok=False, error={key: value for key, value in error.to_json().items() if key != "traceback"})
        assert json.loads(json.dumps(reply).replace(folder, "/problems/")) == example["reply"]


def test_role_answers_requests():
    answer = Role().handle({"id": 1, "request": "trace", "problem": path_of("linear_gelu"), "mode": "eval"})
    assert answer["graph"]["mode"] == "eval" and answer["warnings"] == []
    for request in ({"request": "run"}, {"request": "trace"}, {"request": "trace", "problem": "x", "mode": "test"}):
        with pytest.raises(Failure) as caught:
            Role().handle(request)
        assert caught.value.kind == "bad_request"
