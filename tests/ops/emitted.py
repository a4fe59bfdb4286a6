"""Runs what `kernelagent emit` writes for graphs of one operator, on Triton's interpreter or on the GPU."""
import glob
import importlib.util
import json
import os
import pathlib
import subprocess

import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    """The built program: $KERNELAGENT_BIN, or the newest build's."""
    named = os.environ.get("KERNELAGENT_BIN")
    if named and os.path.exists(named):
        return named
    built = sorted(glob.glob(str(ROOT / "build" / "*" / "kernelagent")), key=os.path.getmtime)
    return built[-1] if built else None


def emit(program, graphs, folder):
    """Yields (key, emission) for every (key, graph): the kernels in order, or the error. One process for many graphs."""
    folder = pathlib.Path(folder)
    keys = {}
    for number, (key, graph) in enumerate(graphs):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(graph))
        keys[str(path)] = key
    waiting = [list(keys)[start:start + 200] for start in range(0, len(keys), 200)]
    while waiting:
        paths = waiting.pop()
        done = subprocess.run([program, "emit", "--json", *paths], capture_output=True, text=True)
        if done.returncode != 0 and len(paths) > 1:  # one graph ends the process: find out which
            waiting += [paths[: len(paths) // 2], paths[len(paths) // 2:]]
        elif done.returncode != 0:
            yield keys[paths[0]], {"error": {"message": f"emit exited with {done.returncode}: {done.stderr[-500:]}"}}
        else:
            for line in done.stdout.splitlines():
                emission = json.loads(line)
                yield keys[emission["graph"]], emission


def run(emission, inputs, folder, name, device="cpu"):
    """Runs the kernels in order on named inputs; returns every value they wrote, by name."""
    values = {key: tensor.to(device) for key, tensor in inputs.items()}
    for number, kernel in enumerate(emission["kernels"]):
        path = pathlib.Path(folder) / f"{name}_{number}.py"
        path.write_text(kernel["source"])
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        result = module.kernel_function(*[values[v] for v in kernel["inputs"]])
        results = result if isinstance(result, tuple) else (result,)
        for value, tensor in zip(kernel["outputs"], results):
            values[value] = tensor
    return {key: tensor.cpu() for key, tensor in values.items()}
