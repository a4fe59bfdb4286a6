"""Tracing: each test problem becomes the graph it should, and the graph computes what the problem computes."""

import json
import math
import os
import resource

import graph_interpreter
import pytest
import torch
from zygote_driver import WORKER_PATH  # noqa: F401  (puts the package on the path)

from kernelagent_worker import problem as problems
from kernelagent_worker.interface import Inputs, flatten_outputs
from kernelagent_worker.protocol import Failure
from kernelagent_worker.state import State
from kernelagent_worker.trace import Role, trace

PROBLEMS = os.path.join(os.path.dirname(__file__), "..", "problems")


def path_of(name):
    return os.path.abspath(os.path.join(PROBLEMS, f"{name}.py"))


def traced(name, mode="train"):
    graph, _ = trace(path_of(name), mode)
    check_form(graph)
    return graph


def check_form(graph):
    """What holds of every graph: it is JSON, names are unique, values are defined before they are read."""
    json.dumps(graph, allow_nan=False)
    names = [value["name"] for value in graph["values"]]
    assert len(names) == len(set(names)) and all(name.isidentifier() for name in names)
    defined = {entry["value"] for entry in graph["inputs"]}
    for node in graph["nodes"]:
        assert set(references(list(node["arguments"].values()))) <= defined, node
        schema = graph_interpreter._operator(node["op"])._schema
        assert list(node["arguments"]) == [argument.name for argument in schema.arguments]
        assert not schema.is_mutable
        defined |= {output for output in node["outputs"] if output}
    assert defined == set(names)
    assert all(output["value"] in defined for output in graph["outputs"])
    targets = [(output["target_kind"], output["target"]) for output in graph["outputs"] if output["kind"] == "mutation"]
    assert set(targets) <= {(entry["kind"], entry["name"]) for entry in graph["inputs"]} and len(targets) == len(set(targets))


def failure(name, mode="train"):
    with pytest.raises(Failure) as caught:
        trace(path_of(name), mode)
    return caught.value


def references(value):
    if isinstance(value, dict):
        return [value["ref"]] if "ref" in value else []
    return [name for item in value for name in references(item)] if isinstance(value, list) else []


def operators(graph):
    return [node["op"].removeprefix("aten.") for node in graph["nodes"]]


def inputs_of(graph, kind):
    return [entry for entry in graph["inputs"] if entry["kind"] == kind]


def value_of(graph, name):
    return next(value for value in graph["values"] if value["name"] == name)


def mutated(graph):
    return [output["target"] for output in graph["outputs"] if output["kind"] == "mutation"]


def same(mine, theirs):
    return mine.dtype == theirs.dtype and torch.allclose(mine.double(), theirs.double(), 1e-5, 1e-5, equal_nan=True)


def leaves_of(tree, outputs):
    """Rebuilds what an output tree describes, objects as dictionaries."""
    (kind, value), = [(key, item) for key, item in tree.items() if key != "object"]
    if kind in ("dict", "fields"):
        return {key: leaves_of(item, outputs) for key, item in value}
    if kind in ("list", "tuple"):
        items = [leaves_of(item, outputs) for item in value]
        return items if kind == "list" else tuple(items)
    return outputs[value] if kind == "output" else None if kind == "none" else value


def check_against_eager(name, mode="train"):
    """Runs problem and graph on the same values twice over, so that state carried from call to call counts too."""
    graph = traced(name, mode)
    problem = problems.load(path_of(name))
    torch.manual_seed(0)
    with torch.no_grad():
        model = problem.build().train(mode == "train")
        for _ in range(2):
            arguments = problem.inputs()
            inputs = Inputs(model, arguments)
            values = {}
            for entry in graph["inputs"]:
                tensor = tensor_for(entry, model, problem, inputs)
                if tensor is not None:
                    same_type = graph_interpreter.check_type
                    same_type(value_of(graph, entry["value"]), tensor, entry["name"])
                    values[entry["value"]] = tensor.clone(memory_format=torch.preserve_format) if entry["value"] not in values else values[entry["value"]]
                    values[entry["value"]] = restrided(values[entry["value"]], tensor)
            user, changes = graph_interpreter.run(graph, values)
            result = model(*arguments)
            expected = []
            assert flatten_outputs(result, expected) == graph["output_tree"]
            assert len(user) == len(expected)
            for mine, theirs in zip(user, expected):
                assert same(mine, theirs)
            after = {**state_of(model), **{leaf.name: leaf.value for leaf in inputs.leaves if leaf.kind == "tensor"}}
            for target, value in changes.items():
                assert same(value, after[target]), target
            for entry in graph["inputs"]:
                if entry["kind"] in ("tensor", "parameter", "buffer", "attribute") and entry["name"] not in changes:
                    assert torch.equal(values[entry["value"]], after[entry["name"]].detach()) or entry["value"] in {
                        other["value"] for other in graph["inputs"] if other["name"] in changes}
    return graph


def restrided(copy, original):
    """Gives a copy the strides and offset of the original, as the graph promises them to its operators."""
    storage = torch.empty(original.untyped_storage().nbytes() // max(1, original.element_size()), dtype=original.dtype)
    view = storage.as_strided(original.shape, original.stride(), original.storage_offset())
    view.copy_(copy) if 0 not in original.stride() else storage.copy_(copy.flatten()[: storage.numel()])
    return view


def state_of(model):
    state = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    return {**state, **{attribute.name: attribute.tensor for attribute in State(model).attributes}}


def tensor_for(entry, model, problem, inputs):
    if entry["kind"] in ("tensor", "scalar"):
        leaf = next(leaf for leaf in inputs.leaves if leaf.name == entry["name"])
        if leaf.kind == "tensor":
            return leaf.value
        return None if entry["baked"] else torch.tensor(leaf.value, dtype={float: torch.float64}.get(type(leaf.value)))
    if entry.get("source") == "literal":
        return None
    return state_of(model)[entry["name"]].detach()


@pytest.mark.parametrize("name", """linear_gelu batch_norm input_mutation same_input_twice same_input_twice_mutated dict_output
    view_outputs scalar_inputs scalar_baked scalar_promotion literal_inputs nested_inputs attribute_state
    attribute_written_in_place attribute_write_only buffer_assignment tied_weights strided_input small_shapes constants
    several_results kept_whole item_in_constructor recurrent hidden_places swapped_buffers""".split())
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_graph_computes_what_the_problem_computes(name, mode):
    check_against_eager(name, mode)


def test_linear_gelu():
    graph = traced("linear_gelu")
    assert graph["inputs"] == [
        {"kind": "tensor", "name": "x", "value": "x"},
        {"kind": "parameter", "name": "fc.weight", "value": "p_fc_weight"},
        {"kind": "parameter", "name": "fc.bias", "value": "p_fc_bias"}]
    linear, gelu = graph["nodes"]
    assert linear == {
        "name": "linear", "op": "aten.linear.default", "module": "fc", "outputs": ["linear"],
        "arguments": {"input": {"ref": "x"}, "weight": {"ref": "p_fc_weight"}, "bias": {"ref": "p_fc_bias"}},
        "location": {"file": "linear_gelu.py", "line": 13, "text": "y = self.fc(x)"}}
    assert gelu["arguments"] == {"self": {"ref": "linear"}, "approximate": "tanh"}
    assert gelu["location"]["line"] == 14 and gelu["module"] == ""
    assert value_of(graph, "gelu") == {"name": "gelu", "dtype": "float32", "shape": [4, 16], "stride": [16, 1], "offset": 0}
    assert graph["outputs"] == [{"kind": "user", "value": "gelu"}] and graph["output_tree"] == {"output": 0}


def test_tracing_is_deterministic():
    assert traced("kept_whole") == traced("kept_whole")


def test_batch_norm_in_both_modes():
    graph = traced("batch_norm")
    assert mutated(graph) == ["block.1.running_mean", "block.1.running_var", "block.1.num_batches_tracked"]
    assert "_native_batch_norm_legit_functional.default" in operators(graph)
    norm = next(node for node in graph["nodes"] if "batch_norm" in node["op"])
    assert norm["module"] == "block.1" and norm["outputs"][1] is None  # the saved statistics are for backward
    assert [entry["persistent"] for entry in inputs_of(graph, "buffer")] == [True] * 3
    assert mutated(traced("batch_norm", "eval")) == []


def test_input_mutation():
    graph = traced("input_mutation")
    assert mutated(graph) == ["x"]
    user, mutation = graph["outputs"]
    view = next(node for node in graph["nodes"] if node["outputs"] == [user["value"]])
    assert view["op"] == "aten.view.default" and view["arguments"]["self"]["ref"] == mutation["value"]


def test_the_same_tensor_twice():
    graph = traced("same_input_twice")
    assert [entry["value"] for entry in graph["inputs"]] == ["x", "y"]  # right for two tensors, so right for one
    graph = traced("same_input_twice_mutated")
    assert [entry["value"] for entry in graph["inputs"]] == ["x", "x"] and mutated(graph) == ["x"]
    assert "share memory" in failure("overlapping_inputs_mutated").message


def test_output_tree():
    graph = traced("dict_output")
    assert leaves_of(graph["output_tree"], "abcde") == {
        "y": "a", "list": ["b", None, ("c", 3)], "pair": {"first": "d", "second": 2.5}, 7: {"mean": "e", "label": "mean"}}
    tree = graph["output_tree"]["dict"]
    assert [key for key, _ in tree] == ["y", "list", "pair", 7]
    assert tree[2][1]["object"] == "Pair" and tree[3][1]["object"] == "Extra"
    assert tree[1][1]["list"][1] == {"none": True} and tree[1][1]["list"][2]["tuple"][1] == {"literal": 3}


def test_views_as_outputs():
    graph = traced("view_outputs")
    values = [output["value"] for output in graph["outputs"]]
    assert values[0] == "x" and operators(graph) == ["permute.default", "select.int", "clone.default"]
    assert value_of(graph, values[1])["stride"] == [1, 4] and value_of(graph, values[2])["offset"] == 5


def test_scalars():
    graph = traced("scalar_inputs")
    scale, shift = inputs_of(graph, "scalar")
    assert scale == {"kind": "scalar", "name": "scale", "scalar_type": "float", "baked": False, "value": "scale", "example": 2.5}
    assert (shift["scalar_type"], shift["example"], value_of(graph, "shift")["dtype"]) == ("int", 3, "int64")
    graph, warnings = trace(path_of("scalar_baked"))
    assert [entry["baked"] for entry in inputs_of(graph, "scalar")] == [False, True, True]
    assert operators(graph) == ["mul.Tensor", "mul.Tensor"] and any("times = 2" in warning for warning in warnings)
    graph = traced("scalar_promotion")
    assert inputs_of(graph, "scalar")[0]["baked"] is True
    assert value_of(graph, graph["outputs"][0]["value"])["dtype"] == "float32"


def test_literals():
    entries = inputs_of(traced("literal_inputs"), "scalar")
    assert [(entry["scalar_type"], entry["example"], entry["baked"]) for entry in entries] == [
        ("none", None, True), ("str", "relu", True), ("object", "torch.float16", True)]


def test_nested_inputs():
    names = [entry["name"] for entry in traced("nested_inputs")["inputs"]]
    assert names == ["pair.0", "pair.1", "table.scale", "table.unused", "rest.0", "rest.1"]


def test_attribute_state():
    graph = traced("attribute_state")
    assert [entry["name"] for entry in inputs_of(graph, "attribute")] == ["hidden"] and mutated(graph) == ["hidden"]
    constant, = inputs_of(graph, "constant")
    assert (constant["name"], constant["source"]) == ("scale", "attribute")
    graph = traced("attribute_written_in_place")
    assert mutated(graph) == ["inner.cache", "more.1"]
    assert [entry["name"] for entry in inputs_of(graph, "constant")] == ["more.0"]


def test_state_that_is_no_tensor():
    graph, warnings = trace(path_of("attribute_write_only"))
    assert mutated(graph) == [] and any("calls" in warning for warning in warnings)
    assert "attention" in " ".join(warnings)
    for name, attribute in (("attribute_growing", "cache"), ("attribute_first_call", "hidden"), ("counter_read", "step")):
        assert f"self.{attribute} changes from" in failure(name).message


def test_buffer_assignment():
    graph = traced("buffer_assignment")
    assert mutated(graph) == ["mean.average"]
    assert inputs_of(graph, "buffer") == [
        {"kind": "buffer", "name": "mean.average", "value": "b_mean_average", "persistent": False}]


def test_tied_weights():
    parameters = inputs_of(traced("tied_weights"), "parameter")
    assert [entry["name"] for entry in parameters] == ["embed.weight"]


def test_strides_and_offsets():
    graph = traced("strided_input")
    types = [value_of(graph, name) for name in "xyz"]
    assert [(kind["stride"], kind["offset"]) for kind in types] == [([1, 3], 0), ([8, 1], 10), ([0, 1], 0)]


def test_small_shapes():
    graph = traced("small_shapes")
    assert value_of(graph, "x")["shape"] == [] and value_of(graph, "empty")["shape"] == [0, 4]


def test_constants():
    graph = traced("constants")
    by_name = {entry["name"]: entry for entry in inputs_of(graph, "constant")}
    assert by_name["weights"]["source"] == "attribute"
    literals = [entry["example"] for entry in by_name.values() if entry["source"] == "literal"]
    assert [1.0, {"float": "inf"}, {"float": "nan"}, -0.0] in literals and [1.0, 2.0, 3.0, 4.0] in literals
    sign = next(data for data in literals if {"float": "nan"} in data)[3]
    assert math.copysign(1, sign) == -1
    fills = [node["arguments"]["fill_value"] for node in graph["nodes"] if node["op"] == "aten.full.default"]
    assert 0.5 in fills
    clamp = next(node for node in graph["nodes"] if node["op"].startswith("aten.clamp"))
    assert clamp["arguments"]["min"] == {"float": "-inf"} and clamp["arguments"]["max"] == 1e30


def test_several_results():
    graph = traced("several_results")
    split, maximum, sort = [node for node in graph["nodes"] if len(node["outputs"]) > 1]
    assert [output is None for output in split["outputs"]] == [False, True, False]
    assert [output is None for output in maximum["outputs"]] == [False, True]
    assert [output is None for output in sort["outputs"]] == [True, False]


def test_what_stays_whole():
    found = set(operators(traced("kept_whole")))
    assert {"lstm.input", "layer_norm.default", "scaled_dot_product_attention.default", "silu.default", "hardtanh.default",
            "cross_entropy_loss.default", "softmax.int", "logsumexp.default"} <= found
    assert not any(name.startswith("einsum") for name in found) and {"bmm.default"} <= found


def test_random_operators_keep_their_names():
    found = operators(traced("dropout"))
    assert "clone.default" not in found  # dropout that drops nothing is nothing
    assert found.count("native_dropout.default") == 1 and "rand.default" in found
    assert not any("dropout" in name for name in operators(traced("dropout", "eval")))


def test_recurrent_layers_are_one_operator_each():
    graph = traced("recurrent")
    lstm, gru, rnn = [node for node in graph["nodes"] if node["op"] != "aten.full.default"]  # first states are zeros
    assert [lstm["op"], gru["op"], rnn["op"]] == ["aten.lstm.input", "aten.gru.input", "aten.rnn_relu.input"]
    assert len(lstm["arguments"]["hx"]) == 2 and len(lstm["arguments"]["params"]) == 20


def test_state_in_unusual_places():
    graph = traced("hidden_places")
    assert set(mutated(graph)) == {"statistics.count", "layers.1.running_mean", "layers.1.running_var",
                                   "layers.1.num_batches_tracked"}
    constants = {entry["name"]: entry["source"] for entry in inputs_of(graph, "constant")}
    assert constants["statistics.scale.0"] == constants["layers.0.weight"] == "attribute"
    graph = traced("swapped_buffers")
    swaps = {output["target"]: output["value"] for output in graph["outputs"] if output["kind"] == "mutation"}
    assert swaps["front"] == "b_back" and swaps["back"] == "b_front"
    assert {output["target_kind"] for output in graph["outputs"] if output["kind"] == "mutation"} == {"buffer", "parameter"}


def test_names_of_inputs_and_state_may_be_the_same():
    graph = traced("same_names")
    targets = {(output["target_kind"], output["target"]) for output in graph["outputs"] if output["kind"] == "mutation"}
    assert targets == {("tensor", "hidden"), ("attribute", "hidden"), ("buffer", "x")}
    assert len({entry["value"] for entry in graph["inputs"]}) == 4


def test_named_devices_need_no_gpu():
    assert operators(traced("devices")) == ["linear.default", "add.Tensor", "full.default", "add.Tensor"]


def test_huge_problems_take_no_memory():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    graph = traced("huge")
    assert value_of(graph, "x")["shape"] == [131072, 65536]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 << 20  # KiB
