"""Drives the judge's three roles, as src/judge/hearing.cpp drives them: in this process, or each in one of its own."""

from __future__ import annotations

import importlib
import itertools
import multiprocessing
import os
import pathlib
from multiprocessing import reduction

DEVICE = os.environ.get("KERNELAGENT_TEST_DEVICE", "cpu")
if DEVICE == "cpu":
    os.environ.setdefault("TRITON_INTERPRET", "1")

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROBLEMS = ROOT / "genuine" / "problems"


def here(name):
    """A role in this process."""
    return importlib.import_module("kernelagent_worker." + name).Role()


def _packed(message):
    """A message whose descriptors go to another process; the other side's are others."""
    if not isinstance(message, dict) or "descriptors" not in message:
        return message
    return {**message, "descriptors": [reduction.DupFd(number) for number in message["descriptors"]]}


def _unpacked(message):
    if not isinstance(message, dict) or "descriptors" not in message:
        return message
    return {**message, "descriptors": [sent.detach() for sent in message["descriptors"]]}


def _close(message):
    for descriptor in message.get("descriptors", ()) if isinstance(message, dict) else ():
        os.close(descriptor)


def _serve(name, line):
    role = here(name)
    from kernelagent_worker.protocol import Failure
    while True:
        try:
            request = _unpacked(line.recv())
            if request == "restart":
                role = here(name)
            line.send(("ok", {} if request == "restart" else _packed(role.handle(request))))
            _close(request)
        except EOFError:
            return
        except Failure as failure:
            line.send(("failure", (failure.kind, failure.message, failure.line)))


class Elsewhere:
    """A role in a fresh process."""

    def __init__(self, name):
        context = multiprocessing.get_context("spawn")
        self.line, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(name, theirs), daemon=True)
        self.process.start()
        theirs.close()

    def handle(self, request):
        from kernelagent_worker.protocol import Failure
        self.line.send(_packed(request))
        answer, value = self.line.recv()
        if answer == "failure":
            raise Failure(value[0], value[1], line=value[2])
        return _unpacked(value)

    def end(self):
        self.line.close()
        self.process.join()


class Judging:
    """One candidate against one problem, step by step."""

    def __init__(self, problem, device=DEVICE, make=here, roles=None):
        self.device = device
        self.compare, self.reference, self.candidate = roles or [make(name) for name in ("compare", "reference", "candidate")]
        self.facts = self.reference.handle({"request": "load", "problem": str(problem), "device": device, "mode": "train",
                                            "seed": 42})
        inputs = {str(index): item["tensor"] for index, item in enumerate(self.facts["inputs"]) if "tensor" in item}
        results = {f"output.{index}": kind for index, kind in enumerate(self.facts["outputs"])}
        results.update(self.facts["mutations"])
        self.types = {name: kind["dtype"] for name, kind in results.items()}
        plain = {name: {"dtype": kind["dtype"], "shape": kind["shape"]} for name, kind in results.items()}
        wide = {name: {**kind, "dtype": "float64" if "float" in kind["dtype"] else kind["dtype"]}
                for name, kind in plain.items()}
        made = self.ask("allocate", device=device, groups={
            "inputs": inputs, "moved": inputs, "state": self.facts["state"], "oracle": wide, "finite_truth": wide,
            "reference": plain, "candidate": plain})
        self.bind(self.reference, made, [name for name in made["groups"] if name != "candidate"])
        self.bind(self.candidate, made, ["inputs", "state", "candidate"])
        _close(made)
        self.reference.handle({"request": "export", "state": "state"})
        self.items = self.own_inputs(1)

    @staticmethod
    def bind(role, made, names):
        """Opens some groups of an answer to `allocate` in another role."""
        role.handle({"request": "bind", "groups": {name: made["groups"][name] for name in names},
                     "descriptors": made["descriptors"]})

    def close(self):
        """Gives the shared memory back, so that the roles can serve another judgement."""
        names = ["inputs", "moved", "state", "oracle", "finite_truth", "reference", "candidate"]
        for role in (self.reference, self.candidate, self.compare):  # the owner last
            role.handle({"request": "release", "groups": names})

    def ask(self, request, **fields):
        return self.compare.handle({"request": request, **fields})

    def own_inputs(self, seed):
        items = self.reference.handle({"request": "inputs", "seed": seed, "group": "inputs"})["inputs"]
        self.ask("observe", group="inputs")
        return items

    def load(self, path, **fields):
        return self.candidate.handle({"request": "load", "path": str(path), "device": self.device, "mode": "train", "seed": 42,
                                      "init_inputs": self.facts["init_inputs"], "inputs": len(self.facts["inputs"]),
                                      "state": list(self.facts["state"]), **fields})

    def run_reference(self, precision="own", outputs="reference", inputs="inputs", **fields):
        items = [{"tensor": item["tensor"].replace("inputs/", inputs + "/")} if "tensor" in item else item
                 for item in self.items]
        return self.reference.handle({"request": "run", "precision": precision, "inputs": items, "state": "state", "seed": 7,
                                      "outputs": outputs, **fields})

    def run_candidate(self, **fields):
        self.ask("poison", groups=["candidate"], pattern=0)
        return self.candidate.handle({"request": "run", "inputs": self.items, "state": "state", "seed": 7,
                                      "outputs": "candidate", "mutations": list(self.facts["mutations"]), **fields})

    def settle(self, halves=False):
        """Runs the reference in all its ways; returns PyTorch's own distance from the oracle, per result. On `halves` moved inputs do not count
        where PyTorch is exact (src/judge/hearing_truth.cpp)."""
        self.run_reference()
        self.run_reference("float64", "oracle")
        self.oracle = self.ask("oracle", group="oracle", types=self.types)["oracle"]
        figures = [self.ask("reference", group="reference")["figures"]]
        exact = halves and not any(one.get("rms_error") or one.get("max_scaled") for one in figures[0].values())
        for seed in () if exact else (1, 2):
            self.ask("perturb", **{"from": "inputs", "to": "moved", "seed": seed})
            self.run_reference(inputs="moved", perturbed=True)
            figures.append(self.ask("reference", group="reference")["figures"])
        self.run_reference()
        return {name: {key: max(one[name].get(key, 0) for one in figures) for key in ("rms_error", "max_scaled", "differing")}
                for name in self.types}

    def measure(self, **fields):
        measured = self.ask("measure", group="candidate", reference="reference", **fields)
        if fields.get("nonfinite_inputs") and any(one.get("misplaced") for one in measured["figures"].values()):
            self.find_independent()
            measured = self.ask("measure", group="candidate", reference="reference", **fields)
        return measured

    def find_independent(self):
        """As src/judge/hearing_truth.cpp does, but for stopping early."""
        names = [item["tensor"].split("/")[1] for item in self.items if "tensor" in item]
        kinds = [["nan", "inf", "-inf"], ["nan"], ["nan", "inf"], ["nan", "-inf"], ["inf"], ["-inf"], ["inf", "-inf"]]
        for only, some in itertools.product(["", *(names if len(names) > 1 else [])], kinds):
            for number, value in enumerate((1.7, 1e30, -2e30)):
                self.ask("replace", **{"from": "inputs", "to": "moved", "value": value, "kinds": some, "only": only})
                self.run_reference("float64", "finite_truth", inputs="moved")
                self.ask("independent", group="finite_truth", first=number == 0, last=number == 2)


# The rule of src/judge/numerics.cpp, written again so that these tests can see it fail.
ROUNDOFF = {"float16": 2.0**-11, "bfloat16": 2.0**-8, "float32": 2.0**-24, "float64": 2.0**-53}


def accepted(judging, figures, reference):
    for name, one in figures.items():
        if "differing" in one:
            if one["differing"]:
                return False
            continue
        few = 1 + 8 / max(one["count"], 1)
        u, oracle = ROUNDOFF[judging.types[name]] * few, judging.oracle[name]
        if one["misplaced"] or one["rms_error"] > 3 * reference[name]["rms_error"] + 4 * u * oracle["rms"]:
            return False
        if one["max_scaled"] > 4 * reference[name]["max_scaled"] + 8 * u:
            return False
    return True
