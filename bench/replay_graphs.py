"""Runs the traced graph of every KernelBench problem operator by operator and compares it with the problem itself.

    python bench/replay_graphs.py /path/to/KernelBench [--levels 1 2 3] [--device cuda] [--out replay.json] [--largest 20]

What the compiler is given must be what the user wrote: same outputs, same changed buffers. Each problem runs in a process of its
own. Differences are relative to the largest magnitude of the reference; a graph that calls the same kernels differs by rounding
at most. Problems whose tensors take more than `--largest` GB are left out.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "python"), os.path.join(HERE, "..", "tests", "python"), HERE]


def replay(path, device, largest):
    """Returns the row of one problem: the largest difference, or why there is none."""
    import graph_interpreter
    import torch
    from kernelagent_worker import modulestate
    from kernelagent_worker import problem as problems
    from kernelagent_worker.interface import flatten_outputs
    from kernelagent_worker.trace import trace
    graph, _ = trace(path)
    sizes = [torch.Size(value["shape"]).numel() * 4 for value in graph["values"]]
    need = (sum(sizes) if len(sizes) < 8 else 3 * max(sizes)) / 1e9
    if need > largest:
        return {"ok": None, "message": f"needs about {need:.0f} GB"}
    if any(node["op"].split(".")[1] in ("native_dropout", "rand", "randn", "bernoulli") for node in graph["nodes"]):
        return {"ok": None, "message": "draws random numbers"}
    torch.set_default_device(device)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    with torch.no_grad():
        problem = problems.load(path)
        model = problem.build().train()
        arguments = [item.to(device) if isinstance(item, torch.Tensor) else item for item in problem.inputs()]
        modulestate.to_device(model, device)
        state = {name: tensor for name, (_, tensor) in modulestate.tensors_of(model).items()}
        values, user = {}, iter(arguments)
        for entry in graph["inputs"]:
            if entry["kind"] in ("tensor", "scalar"):
                item = next(user)
                values[entry["value"]] = item if isinstance(item, torch.Tensor) else torch.tensor(item, dtype=torch.float64)
            elif entry.get("source") != "literal":
                values[entry["value"]] = state[entry["name"]].clone()
        mine, changes = graph_interpreter.run(graph, values, device)
        expected = []
        flatten_outputs(model(*arguments), expected)
        state = {name: tensor for name, (_, tensor) in modulestate.tensors_of(model).items()}
        pairs = [*zip(mine, expected), *((value, state[target]) for target, value in changes.items())]
        worst = max(difference(a, b) for a, b in pairs)
        return {"ok": len(mine) == len(expected) and worst < 1e-3, "difference": worst}


def difference(mine, theirs):
    """The largest difference over the largest magnitude; infinite for other types or where only one is NaN."""
    if mine.shape != theirs.shape or mine.dtype != theirs.dtype:
        return float("inf")
    if mine.numel() == 0:
        return 0.0
    if not mine.is_floating_point():
        return float((mine != theirs).float().mean())
    if not bool((mine.isnan() == theirs.isnan()).all()):
        return float("inf")
    return float((mine - theirs).abs().nan_to_num(0).max() / theirs.abs().nan_to_num(0).max().clamp_min(1e-30))


def child(path, device, largest, writer):
    try:
        writer.send(replay(path, device, largest))
    except BaseException as error:
        writer.send({"ok": False, "message": f"{type(error).__name__}: {str(error)[:300]}"})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path")
    parser.add_argument("--levels", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--largest", type=float, default=20)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", default="replay_graphs.json")
    arguments = parser.parse_args()
    from kernelagent_worker import trace
    from trace_kernelbench import order
    trace.warm()
    rows = []
    for level in arguments.levels:
        folder = os.path.abspath(os.path.join(arguments.path, f"level{level}"))
        for name in sorted(os.listdir(folder), key=order):
            if not name.endswith(".py") or arguments.only not in f"level{level}/{name}":
                continue
            reader, writer = multiprocessing.Pipe(duplex=False)
            process = multiprocessing.get_context("fork").Process(
                target=child, args=(os.path.join(folder, name), arguments.device, arguments.largest, writer))
            process.start()
            writer.close()
            try:
                row = reader.recv()
            except EOFError:
                row = {"ok": False, "message": "died"}
            process.join()
            rows.append({"problem": f"level{level}/{name}", **row})
            if not row["ok"]:
                print(json.dumps(rows[-1]), flush=True)
    with open(arguments.out, "w") as file:
        json.dump(rows, file, indent=1)
    count = {str(state): sum(row["ok"] is state for row in rows) for state in (True, False, None)}
    print(f"the same: {count['True']}, different: {count['False']}, left out: {count['None']}")
    return 1 if count["False"] else 0


if __name__ == "__main__":
    sys.exit(main())
