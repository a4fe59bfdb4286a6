#!/usr/bin/env python3
"""Runs KernelBench's own evaluator, unchanged, over exported programs (`kernelagent export --format kernelbench`).

    python3 bench/kernelbench_evaluator.py /path/to/KernelBench EXPORTS --jobs 8 --out bench/results/kernelbench_evaluator.json

EXPORTS holds files named level_L_problem_P_sample_0_kernel.py. Each is evaluated in a process of its own: `eval_kernel_against_ref` with the
backend triton, 5 correctness trials and float32, and the static checker. The evaluator compares at its present tolerance, 1e-4; the
tensors it compares are compared at 1e-2 as well, its former tolerance, by wrapping torch.allclose. What differs is evaluated once more with
cuDNN's TF32 off, which tells the reference's rounding from ours (`without_tf32`). Inputs and parameters are drawn on the GPU (the default
device), which changes their values and spares minutes. What lacks memory beside others is repeated alone. The evaluator's package imports
clients of model APIs that evaluating does not use; empty modules stand for those that are not installed. Needs numpy, pydantic and requests.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import datetime
import importlib
import io
import json
import pathlib
import re
import subprocess
import sys
import time
import types

NOT_USED = {"dotenv": ["load_dotenv"], "openai": ["OpenAI"], "litellm": ["completion"]}  # imported by kernelbench/utils.py
LOOSE = 1e-2


def evaluator_of(repository):
    """The modules of KernelBench's package that evaluate and check."""
    for name, functions in NOT_USED.items():
        try:
            importlib.import_module(name)
        except ImportError:
            stand_in = types.ModuleType(name)
            for function in functions:
                setattr(stand_in, function, lambda *_, **__: None)
            sys.modules[name] = stand_in
    sys.path.insert(0, str(repository / "src"))
    return importlib.import_module("kernelbench.eval"), importlib.import_module("kernelbench.kernel_static_checker")


class BothTolerances:
    """Stands for torch.allclose: answers as it does, and notes what LOOSE would have said."""

    def __init__(self, allclose):
        self.allclose, self.loose = allclose, []

    def __call__(self, left, right, **tolerance):
        self.loose.append(self.allclose(left, right, **{**tolerance, "atol": LOOSE, "rtol": LOOSE}))
        return self.allclose(left, right, **tolerance)


def evaluate(repository, problem, program, trials):
    """Returns the row of one program. Runs in a process of its own."""
    import torch
    evaluator, checker = evaluator_of(repository)
    text = program.read_text()
    valid, errors, warnings = checker.validate_kernel_static(text, backend="triton", precision="fp32")
    row = {"static_checker": {"valid": valid, "errors": errors, "warnings": warnings}}
    if not torch.cuda.is_available():
        return row
    torch.set_default_device("cuda")
    both = torch.allclose = BothTolerances(torch.allclose)

    def once():
        both.loose = []
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                result = evaluator.eval_kernel_against_ref(problem.read_text(), text, num_correct_trials=trials, measure_performance=False,
                                                           backend="triton", precision=torch.float32, device=torch.device("cuda:0"))
        except Exception as error:  # the reference cannot be built or run
            return {"compiled": None, "at_1e_4": False, "at_1e_2": False, "metadata": {"evaluator": f"{type(error).__name__}: {error}"[:300]}}
        return {"compiled": result.compiled, "at_1e_4": result.correctness, "at_1e_2": len(both.loose) == trials and all(both.loose),
                "metadata": {key: str(value)[:300] for key, value in result.metadata.items() if key not in ("hardware", "device")}}

    started = time.monotonic()
    row.update(once())
    if not row["at_1e_4"] and both.loose:
        torch.backends.cudnn.allow_tf32 = False
        row["without_tf32"] = {key: value for key, value in once().items() if key != "compiled"}
    return {**row, "seconds": round(time.monotonic() - started, 1)}


def lacks_memory(row):
    return "out of memory" in str(row.get("metadata", "")) + row.get("error", "")


def evaluate_apart(options, name, problem, program):
    command = [sys.executable, __file__, str(options.repository), str(program), "--one", str(problem), "--trials", str(options.trials)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=options.limit)
        row = json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"error": done.stderr.strip()[-300:]}
    except subprocess.TimeoutExpired:
        row = {"error": f"no answer within {options.limit} s"}
    return {"problem": name, **row}


def programs_in(options):
    for program in sorted(options.exports.glob("level_*_problem_*_sample_*_kernel.py")):
        level, number = re.match(r"level_(\d+)_problem_(\d+)_", program.name).groups()
        for problem in (options.repository / f"KernelBench/level{level}").glob(f"{number}_*.py"):
            yield f"level{level}/{number}", problem, program


def machine():
    import torch
    gpu = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader"], capture_output=True,
                         text=True).stdout.strip() if torch.cuda.is_available() else "cpu"
    return {"device": gpu, "torch": torch.__version__}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("repository", type=pathlib.Path, help="a checkout of KernelBench")
    parser.add_argument("exports", type=pathlib.Path, help="folder of exported programs")
    parser.add_argument("--one", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--trials", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=6)
    parser.add_argument("--limit", type=float, default=300, help="seconds that one program may take")
    parser.add_argument("--revision", help="KernelBench's commit, where the folder is no checkout")
    parser.add_argument("--out", type=pathlib.Path)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(evaluate(options.repository, options.one, options.exports, options.trials)))
        return
    revision = "unknown"
    if (options.repository / ".git").exists():
        revision = subprocess.run(["git", "-C", options.repository, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    record = {"format": "kernelagent-kernelbench-evaluator", "date": datetime.date.today().isoformat(), "machine": machine(),
              "kernelbench": options.revision or revision, "trials": options.trials}
    rows, work = {}, {each[0]: each for each in programs_in(options)}

    def keep(row):
        rows[row["problem"]] = row
        ordered = sorted(rows.values(), key=lambda row: [int(number) for number in re.findall(r"\d+", row["problem"])])
        record.update(of=len(rows), at_1e_2=sum(bool(row.get("at_1e_2")) for row in ordered),
                      at_1e_4=sum(bool(row.get("at_1e_4")) for row in ordered),
                      static_checker=sum(row.get("static_checker", {}).get("valid", False) for row in ordered), programs=ordered)
        if options.out:
            temporary = options.out.with_suffix(".part")
            temporary.write_text(json.dumps(record, indent=1) + "\n")
            temporary.replace(options.out)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for one in concurrent.futures.as_completed([pool.submit(evaluate_apart, options, *each) for each in work.values()]):
            keep(one.result())
    for name in [name for name, row in rows.items() if lacks_memory(row)]:
        keep(evaluate_apart(options, *work[name]))
    for row in record.get("programs", []):
        if not row.get("at_1e_4") or not row.get("static_checker", {}).get("valid"):
            print(row["problem"], {key: value for key, value in row.items() if key != "problem"})
    print({key: record.get(key) for key in ("of", "at_1e_2", "at_1e_4", "static_checker")})


if __name__ == "__main__":
    main()
