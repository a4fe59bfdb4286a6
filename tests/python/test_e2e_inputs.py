"""Inputs that people forget: nothing in them, no dimensions, odd layouts, NaN and infinities; and very large graphs."""

import json
import time

import pytest
from e2e import call, run_problems, write_problem

PROBLEMS = {
    "zero_size_rows": ("(x)\nreturn torch.relu(x) + 1", "[torch.rand(0, 5)]"),
    "zero_size_sum": ("(x)\nreturn x.sum(dim=0)", "[torch.rand(0, 5)]"),
    "zero_size_matmul": ("(a, b)\nreturn a @ b", "[torch.rand(3, 0), torch.rand(0, 4)]"),
    "no_dimensions": ("(x, y)\nreturn torch.exp(x) * y", "[torch.rand(()), torch.rand(4)]"),
    "no_dimensions_out": ("(x)\nreturn x.sum() / 2", "[torch.rand(3, 4)]"),
    "all_without_dimensions": ("(x)\nreturn torch.sigmoid(x)", "[torch.rand(())]"),
    "transposed_input": ("(x)\nreturn F.gelu(x)", "[torch.rand(5, 7).t()]"),
    "strided_input": ("(x)\nreturn x.softmax(-1)", "[torch.rand(6, 20)[::2, ::3]]"),
    "expanded_input": ("(x)\nreturn x * 2", "[torch.rand(1, 6).expand(4, 6)]"),
    "channels_last_input": ("(x)\nreturn torch.tanh(x)", "[torch.rand(2, 3, 4, 5).to(memory_format=torch.channels_last)]"),
    "nan_and_infinity": ("(x)\nreturn torch.relu(x), x.clamp(-1, 1), x.sum(-1), x.amax(-1)",
                         "[torch.tensor([[1.0, float('nan'), -2.0], [float('inf'), 0.0, -1.0], [float('-inf'), 3.0, 4.0]])]"),
    "returns_its_input": ("(x, y)\nreturn x, x + y", "[torch.rand(3, 4), torch.rand(3, 4)]"),
    "one_element": ("(x)\nreturn x.softmax(0)", "[torch.rand(1)]"),
    "live_dropout": ("(x)\nreturn F.dropout(torch.sin(F.dropout(x.t(), 0.3)), 0.5).sum(-1), F.dropout(x, 1.0)", "[torch.rand(70, 33)]"),
    "random_states": ("(x)\nh = torch.randn(3, 33)\nreturn x @ h.t() + torch.rand_like(x[:, :3]), h[1:] * 2, torch.bernoulli(x, 0.4) - x",
                      "[torch.rand(70, 33)]"),
    "attention_of_odd_sizes": ("(q, k, v, seen)\nreturn F.scaled_dot_product_attention(q.relu(), k, v, seen).transpose(1, 2).flatten(2) + 1",
                               "[torch.randn(2, 3, 37, 40), torch.randn(2, 3, 51, 40), torch.randn(2, 3, 51, 20), torch.rand(37, 51) < 0.1]"),
    "attention_in_bfloat16": ("(q, k, v)\nreturn ((q @ k.transpose(-2, -1)) / 5).softmax(-1) @ v",
                              "[torch.randn(4, 33, 24, dtype=torch.bfloat16) for _ in range(3)]"),
    "sorted_and_scattered": ("(x, i)\nvalues, places = x.sort(0, descending=True)\n"
                             "return values, places, x.topk(3).indices, x.scatter_add(1, i, x * 2), x.index_add(0, i[:, 0], x), x.median(-1).values",
                             "[torch.rand(7, 9), torch.randint(0, 7, (7, 9))]"),
    "zero_size_sort": ("(x)\nreturn x.sort(-1).values", "[torch.rand(0, 5)]"),
    "other_strides_than_traced": ("(x)\ny = torch.relu(x) * 2\nif torch.compiler.is_compiling():\n    return y, x + 1\n"
                                  "return y.t().contiguous().t(), x + 1", "[torch.rand(30, 40)]"),
    "one_result_of_many_other_strides": ("(x)\ny = torch.relu(x).permute(7, 6, 5, 4, 3, 2, 1, 0) * 2\nif torch.compiler.is_compiling():\n"
                                         "    return y\nreturn y.contiguous()", "[torch.rand(2, 3, 4, 5, 6, 7, 2, 3)]"),
    "writes_its_input": ("(x)\nx.mul_(2)\nreturn x + 1", "[torch.rand(3, 4)]"),
}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    return run_problems([write_problem(folder / f"{name}.py", *problem) for name, problem in PROBLEMS.items()], folder)


@pytest.mark.parametrize("name", PROBLEMS)
def test_accepted(name, ran):
    outcomes, done = ran
    assert name in outcomes, done.stderr[-4000:]
    assert outcomes[name]["status"] == "accepted", outcomes[name]


def chain_graph(length):
    """A graph of `length` pointwise operators in a row, as the worker writes it."""
    kind = {"dtype": "float32", "shape": [64, 64], "stride": [64, 1], "offset": 0}
    operators = ["aten.relu.default", "aten.exp.default", "aten.neg.default", "aten.tanh.default"]
    values, nodes = [{"name": "x", **kind}], []
    for index in range(length):
        values.append({"name": f"v{index}", **kind})
        nodes.append({"name": f"v{index}", "op": operators[index % 4], "module": "",
                      "arguments": {"self": {"ref": values[-2]["name"]}}, "outputs": [f"v{index}"],
                      "location": {"file": "problem.py", "line": index + 1, "text": ""}})
    return {"format": "kernelagent-graph", "version": 1, "name": "Model", "mode": "train",
            "inputs": [{"kind": "tensor", "name": "x", "value": "x"}], "values": values, "nodes": nodes,
            "outputs": [{"kind": "user", "value": values[-1]["name"]}], "output_tree": {"output": 0}}


def test_graph_of_ten_thousand_nodes(tmp_path):
    (tmp_path / "big.json").write_text(json.dumps(chain_graph(10_000)))
    started = time.monotonic()
    done = call("plan", "big.json", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout)
    done = call("emit", "big.json", "--json", cwd=tmp_path)
    answer = json.loads(done.stdout)
    assert answer.get("kernels"), str(answer)[:2000]
    assert time.monotonic() - started < 240


def test_emit_needs_no_python(tmp_path):
    (tmp_path / "small.json").write_text(json.dumps(chain_graph(3)))
    broken = chain_graph(2)
    broken["nodes"][1]["op"] = "aten.nonsense.default"
    (tmp_path / "broken.json").write_text(json.dumps(broken))
    done = call("emit", "small.json", "broken.json", "--json", "--python", "/nowhere", cwd=tmp_path)
    assert done.returncode == 0
    good, bad = map(json.loads, done.stdout.splitlines())
    assert good["graph"] == "small.json" and "kernel_function" in good["kernels"][0]["source"]
    assert bad["error"]["op"] == "aten.nonsense.default"
