"""Runs what `kernelagent emit` writes for graphs of one operator, on Triton's interpreter or on the GPU."""
import glob
import importlib.util
import json
import os
import pathlib
import re
import subprocess

import torch
from kernelagent_worker.interpreter_fixes import accept_array_bounds

ROOT = pathlib.Path(__file__).resolve().parents[2]
if os.environ.get("TRITON_INTERPRET") == "1":
    from triton.runtime import interpreter
    accept_array_bounds(interpreter)


def binary():
    """The built program: $KERNELAGENT_BIN, or the newest build's."""
    named = os.environ.get("KERNELAGENT_BIN")
    if named and os.path.exists(named):
        return named
    built = sorted(glob.glob(str(ROOT / "build" / "*" / "kernelagent")), key=os.path.getmtime)
    return built[-1] if built else None


def perform(program, words, graphs, folder):
    """Yields (its keys by path, the finished process) for lots of (key, graph): one process for many graphs, one alone where it fails."""
    folder = pathlib.Path(folder)
    keys = {}
    for number, (key, graph) in enumerate(graphs):
        path = folder / f"{number}.json"
        path.write_text(json.dumps(graph))
        keys[str(path)] = key
    waiting = [list(keys)[start:start + 200] for start in range(0, len(keys), 200)]
    while waiting:
        paths = waiting.pop()
        done = subprocess.run([program, *words, *paths], capture_output=True, text=True)
        if done.returncode != 0 and len(paths) > 1:
            waiting += [paths[: len(paths) // 2], paths[len(paths) // 2:]]
        else:
            yield {path: keys[path] for path in paths}, done


def candidates_for_cuda(program, graph, folder):
    """The emission of every candidate that is written for CUDA."""
    path = pathlib.Path(folder) / "graph.json"
    path.write_text(json.dumps(graph))
    done = subprocess.run([program, "emit", "--json", "--all", "--target-platform", "cuda", str(path)], capture_output=True, text=True)
    return json.loads(done.stdout)


def emit(program, graphs, folder):
    """Yields (key, emission) for every (key, graph): the kernels in order, or the error."""
    for keys, done in perform(program, ("emit", "--json"), graphs, folder):
        if done.returncode != 0:
            yield next(iter(keys.values())), {"error": {"message": f"emit exited with {done.returncode}: {done.stderr[-500:]}"}}
        for line in done.stdout.splitlines() if done.returncode == 0 else ():
            emission = json.loads(line)
            yield keys[emission["graph"]], emission


def decompose(program, graphs, folder):
    """Yields (key, the graph after all passes, as text) for every (key, graph); where there is none, the error's text."""
    for keys, done in perform(program, ("plan", "--graph"), graphs, folder):
        texts = re.split(r"^(?=graph )", done.stdout, flags=re.MULTILINE)[1:] if done.returncode == 0 else [done.stderr]
        yield from zip(keys.values(), texts, strict=True)


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
