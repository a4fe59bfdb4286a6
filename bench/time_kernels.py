#!/usr/bin/env python3
"""Times every candidate kernel of many programs on a GPU, to see which schedules pay: no judgement, no launch cost between kernels.

    for p in level1/*.py; do kernelagent emit --json --all --target-platform cuda $p > EMITTED/$(basename $p .py).json; done
    python3 bench/time_kernels.py EMITTED --out bench/results/kernels_h100.tsv [--only REGEX] [--seconds 300]

First every kernel is compiled and called once, by several processes at a time; then they are timed one after another on values from a
normal distribution (triton.testing.do_bench: the median, L2 cache cleared). Where one does not run, the column says why. A later
file's rows replace those of the same problem. Needs torch and triton.
"""

import argparse
import csv
import importlib.util
import json
import math
import multiprocessing
import pathlib
import queue
import re
import sys
import tempfile
import time

COLUMNS = ("problem", "subgraph", "schedule", "ms", "error")
GPU_UNITS = 64  # GiB that the first calls may take together


class Kernel:
    """One candidate: where it is from, its module, its inputs and about how much memory a call takes."""

    def __init__(self, problem, number, emitted):
        self.problem, self.number = problem, number
        self.subgraph, self.schedule, self.source = emitted["subgraph"], emitted["kernel"]["schedule"], emitted["source"]
        buffers = emitted["kernel"]["buffers"]
        self.inputs = [buffer for buffer in buffers if buffer["role"] == "input"]
        self.gib = sum(math.prod(buffer["shape"]) * (8 if "64" in buffer["dtype"] else 4) for buffer in buffers) / 2**30

    def function(self, folder):
        path = pathlib.Path(folder) / f"{re.sub(r'[^A-Za-z0-9]', '_', self.problem)}_{self.number}.py"
        path.write_text(self.source)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.kernel_function

    def arguments(self):
        import torch
        made = []
        for buffer in self.inputs:
            dtype = getattr(torch, buffer["dtype"])
            elements = 1 + sum((size - 1) * step for size, step in zip(buffer["shape"], buffer["stride"]))
            base = torch.empty(max(elements, 0), dtype=dtype, device="cuda")
            base.normal_() if dtype.is_floating_point else base.zero_()
            made.append(base.as_strided(buffer["shape"], buffer["stride"]))
        return made


def read_kernels(folder, only):
    kernels = []
    for path in sorted(folder.glob("*.json")):
        if re.search(only, path.stem):
            emission = json.loads(path.read_text() or "{}")
            kernels += [Kernel(path.stem, number, one) for number, one in enumerate(emission.get("kernels", []))]
    return kernels


def call_once(kernels, folder, todo, done, units, turn):
    """A process that compiles: takes kernels, calls each, says what came of it."""
    import torch
    while (index := todo.get()) is not None:
        need = min(GPU_UNITS, int(kernels[index].gib * 1.3) + 1)
        with turn:
            for _ in range(need):
                units.acquire()
        try:
            kernels[index].function(folder)(*kernels[index].arguments())
            torch.cuda.synchronize()
            done.put((index, ""))
        except Exception as error:  # noqa: BLE001
            done.put((index, f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"))
        torch.cuda.empty_cache()
        for _ in range(need):
            units.release()


def compile_all(kernels, folder, jobs, deadline):
    """Calls every kernel once; {index: error or ""} of those that were done in time."""
    spawn = multiprocessing.get_context("spawn")
    todo, done, units, turn = spawn.Queue(), spawn.Queue(), spawn.Semaphore(GPU_UNITS), spawn.Lock()
    for index in [*range(len(kernels)), *[None] * jobs]:
        todo.put(index)
    workers = [spawn.Process(target=call_once, args=(kernels, folder, todo, done, units, turn), daemon=True) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    errors = {}
    while len(errors) < len(kernels) and time.monotonic() < deadline and any(worker.is_alive() for worker in workers):
        try:
            index, error = done.get(timeout=2)
            errors[index] = error
        except queue.Empty:
            pass
    for worker in workers:
        worker.terminate()
    return errors


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path, help="*.json, as `kernelagent emit --json --all` prints them")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the table, tab-separated")
    parser.add_argument("--only", default="", help="a regular expression that file names must match")
    parser.add_argument("--jobs", type=int, default=15, help="processes that compile (%(default)s)")
    parser.add_argument("--seconds", type=float, default=300, help="when to stop; three fifths of it at most for compiling (%(default)s)")
    options = parser.parse_args()
    started = time.monotonic()
    kernels = read_kernels(options.folder, options.only)
    if not kernels:
        sys.exit(f"time_kernels: no kernels in {options.folder} match '{options.only}'")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        errors = compile_all(kernels, folder, options.jobs, started + 0.6 * options.seconds)
        print(f"{len(errors)} of {len(kernels)} compiled in {time.monotonic() - started:.0f} s", flush=True)
        import torch
        from triton.testing import do_bench
        for index, kernel in enumerate(kernels):
            if index not in errors or time.monotonic() - started > options.seconds:
                continue
            row = [kernel.problem, kernel.subgraph, kernel.schedule, "", errors[index]]
            if not errors[index]:
                function, arguments = kernel.function(folder), kernel.arguments()
                row[3] = f"{do_bench(lambda: function(*arguments), warmup=3, rep=25, return_mode='median'):.4g}"
                del arguments
                torch.cuda.empty_cache()
            rows.append(row)
    fresh = {row[0] for row in rows}
    if options.out.exists():
        with open(options.out) as file:
            rows += [row for row in list(csv.reader(file, delimiter="\t"))[1:] if row[0] not in fresh]
    temporary = options.out.with_name(options.out.name + ".tmp")
    with open(temporary, "w") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerows([COLUMNS, *sorted(rows, key=lambda row: (row[0], row[1]))])
    temporary.replace(options.out)
    print(f"{len(fresh)} problems timed; {options.out}")


if __name__ == "__main__":
    main()
