"""Runs kernel.py beside problem.py, for people who change the kernel by hand. Prints PASS and exits 0, or says what differs.

This is a quick look with get_inputs() only. The judge's answer is in verdict.json; ask it again with
`kernelagent verify kernel.py --problem problem.py`.
"""

import importlib.util
import os
import pathlib
import sys

import torch

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
if DEVICE == "cpu":
    os.environ.setdefault("TRITON_INTERPRET", "1")  # read when triton is imported


def load(name):
    path = pathlib.Path(__file__).resolve().parent / name
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def as_list(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


def main():
    problem, kernel = load("problem.py"), load("kernel.py")
    torch.manual_seed(0)
    model = problem.Model(*problem.get_init_inputs()).to(DEVICE)
    inputs = [x.to(DEVICE) if isinstance(x, torch.Tensor) else x for x in problem.get_inputs()]
    copies = [x.clone() if isinstance(x, torch.Tensor) else x for x in inputs]
    with torch.no_grad():
        expected, got = as_list(model(*inputs)), as_list(kernel.kernel_function(*copies))
    assert len(got) == len(expected), f"{len(got)} outputs, expected {len(expected)}"
    for index, (mine, theirs) in enumerate(zip(got, expected)):
        tolerance = 2e-2 if mine.dtype in (torch.float16, torch.bfloat16) else 1e-4
        torch.testing.assert_close(mine, theirs, rtol=tolerance, atol=tolerance, equal_nan=True,
                                   msg=lambda text: f"output {index}: {text}")
    print("PASS")


if __name__ == "__main__":
    try:
        main()
    except AssertionError as error:
        sys.exit(f"FAIL: {error}")
