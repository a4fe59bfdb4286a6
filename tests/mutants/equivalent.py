"""Decides whether a mutant that the judge accepted computes the same as the program it was made from.

    python tests/mutants/equivalent.py PROBLEM.py PROGRAM.py MUTANT.py…

prints a JSON list with one answer per mutant. Both are run by the worker's own roles on every distribution of inputs that the judge
has, the problem's own inputs and rearranged ones, with varied state, twice each with other poison in what they allocate. A mutant is
*equivalent* when every result, every mutated input and every piece of state is equal, element by element (NaN equals NaN), and it
writes to no memory outside the tensors that it was given. It runs in a process of its own: a mutant may take it down.
"""

from __future__ import annotations

import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ["TRITON_INTERPRET"] = "1"
sys.path[:0] = [str(ROOT / "python"), str(ROOT / "tests" / "python")]

import torch  # noqa: E402
from judge_bench import Judging  # noqa: E402

from kernelagent_worker import inputs, launches  # noqa: E402
from kernelagent_worker.protocol import Failure  # noqa: E402

SEEDS = (1, 2)


class Outside:
    """Watches the interpreter's loads and stores for addresses outside the tensors that the launch was given."""

    def __init__(self):
        launches.watch()
        from triton.runtime import interpreter
        self.ranges, self.loads, self.stores = [], 0, 0
        builder, watch = interpreter.InterpreterBuilder, self
        load, store, run = builder.create_masked_load, builder.create_masked_store, interpreter.InterpretedFunction.run

        def masked_load(this, pointers, mask, *rest):
            watch.loads += watch.outside(interpreter.np, pointers, mask)
            return load(this, pointers, mask, *rest)

        def masked_store(this, pointers, value, mask, *rest):
            watch.stores += watch.outside(interpreter.np, pointers, mask)
            return store(this, pointers, value, mask, *rest)

        def launch(this, *arguments, **keywords):
            tensors = [one for one in (*arguments, *keywords.values()) if isinstance(one, torch.Tensor)]
            watch.ranges = [(one.untyped_storage().data_ptr(), one.untyped_storage().nbytes()) for one in tensors]
            return run(this, *arguments, **keywords)

        builder.create_masked_load, builder.create_masked_store = masked_load, masked_store
        interpreter.InterpretedFunction.run = launch

    def outside(self, np, pointers, mask):
        places = pointers.data[mask.data] if mask.data.shape == pointers.data.shape else pointers.data
        inside = np.zeros(places.shape, dtype=bool)
        for start, size in self.ranges:
            inside |= (places >= start) & (places < start + size)
        return int((~inside).sum())


def input_sets(judging):
    """Puts one set of inputs and state after the other into the groups; yields its name."""
    for seed in SEEDS:
        judging.items = judging.own_inputs(seed)
        yield f"own {seed}"
    for seed in SEEDS:
        for name in [*inputs.DISTRIBUTIONS, "constant_rows"]:
            judging.ask("fill", group="inputs", distribution=name, seed=seed)
            judging.ask("jitter", group="state", seed=seed)
            yield f"{name} {seed}"
    if rearrange(judging):
        yield "rearranged"


def rearrange(judging):
    """Moves the last inputs to tensors with other strides: the two innermost axes change places; a vector gets gaps."""
    types = {}
    for name, tensor in judging.compare.groups["inputs"].tensors.items():
        order, step, strides = list(range(tensor.dim()))[::-1], 1, [2] * tensor.dim()
        if tensor.dim() > 1:
            order[0], order[1] = order[1], order[0]
            for axis in order:
                strides[axis], step = step, step * max(tensor.shape[axis], 1)
        types[name] = {"dtype": str(tensor.dtype).removeprefix("torch."), "shape": list(tensor.shape), "stride": strides}
    if not types:
        return False
    judging.bind(judging.candidate, judging.ask("allocate", device="cpu", groups={"strided": types}), ["strided"])
    judging.ask("copy", **{"from": "inputs", "to": "strided"})
    judging.items = [{"tensor": item["tensor"].replace("inputs/", "strided/")} if "tensor" in item else item
                     for item in judging.items]
    return True


def results(judging, poison, watch):
    """Runs the program; returns clones of everything it leaves, or the failure's text. Stores behind its allocations count as outside."""
    try:
        watch.stores += len(judging.run_candidate(poison=poison, unchecked=True)["overrun"])
    except Failure as failure:
        return str(failure)
    groups = judging.compare.groups
    return {f"{group}/{name}": tensor.clone() for group in ("candidate", "inputs", "state")
            for name, tensor in groups[group].tensors.items()}


def equal(one, other):
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str)
    return all(torch.equal(torch.nan_to_num(one[name], nan=12345.0), torch.nan_to_num(other[name], nan=12345.0))
               and torch.equal(torch.isnan(one[name]), torch.isnan(other[name])) for name in one)


def loaded(problem, program):
    judging = Judging(problem)
    judging.load(program)
    return judging


def decide(problem, program, mutants, watch):
    """Returns one {"equivalent", "sets", "first_difference", "reads_outside", "writes_outside"} per mutant."""
    judgings = [loaded(problem, path) for path in [program, *mutants]]
    answers = [{"equivalent": True, "sets": 0, "first_difference": "", "reads_outside": False, "writes_outside": False}
               for _ in mutants]
    for names in zip(*map(input_sets, judgings)):
        for poison in (0, 1):
            expected = results(judgings[0], poison, watch)
            for judging, answer in zip(judgings[1:], answers):
                watch.loads = watch.stores = 0
                found = results(judging, poison, watch)
                answer["reads_outside"] |= watch.loads > 0
                answer["writes_outside"] |= watch.stores > 0
                if answer["equivalent"] and not equal(expected, found):
                    answer.update(equivalent=False, first_difference=names[0])
        for answer in answers:
            answer["sets"] += 1
    for answer in answers:
        answer["equivalent"] &= not answer["writes_outside"]
    return answers


def main():
    problem, program, *mutants = sys.argv[1:]
    print(json.dumps(decide(problem, program, mutants, Outside())))


if __name__ == "__main__":
    main()
