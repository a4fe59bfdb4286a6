"""The comparing role: owns every buffer that crosses processes, fills inputs, keeps the oracle's values, measures results.

It runs nobody's code and decides nothing: it answers with numbers, and src/judge/ decides. Buffers live in groups
(transport.py); a message names a group, and tensors by their names in it.
"""

from __future__ import annotations

import torch

from kernelagent_worker import clocks, inputs, measure, transport
from kernelagent_worker.call import settle_threads, synchronize, trim, warm_gpu
from kernelagent_worker.protocol import Failure
from kernelagent_worker.stopwatch import Stopwatch
from kernelagent_worker.substitutes import Substitutes


class Role:
    def __init__(self):
        self.groups = {}
        self.device = "cpu"
        self.profiles = {}
        self.oracles = {}
        self.independent = {}  # by result, in the set with NaN
        self.base = {}  # group → its tensors' first values, once they have been varied
        self.substitutes = Substitutes()
        self.stopwatch = None

    def warm(self):
        """Touches what every judgement touches: the zygote's pages are shared until they are."""
        _touch("cpu")
        warm_gpu(lambda: _touch("cuda"))

    def handle(self, request):
        answer = getattr(self, "answer_" + str(request.get("request")), None)
        if answer is None:
            raise Failure("bad_request", f"compare: no request {request.get('request')}")
        with torch.no_grad():
            reply = answer(request) or {}
        synchronize(self.device)  # other processes read what this one wrote as soon as it answers
        trim(self.device)
        return reply

    def group(self, name):
        if name not in self.groups:
            raise Failure("bad_request", f"no group {name}")
        return self.groups[name]

    def answer_allocate(self, request):
        """{"groups":{NAME:{TENSOR_NAME:TYPE}},"device"} → {"groups":{NAME:GROUP}} and a descriptor each; everything is poisoned,
        guards included."""
        described, descriptors = {}, []
        if not self.groups:
            self.device = request["device"]  # later ones may be copies on the CPU
        for name, types in request["groups"].items():
            if name in self.groups:
                raise Failure("bad_request", f"group {name} exists")
            group = transport.Group.allocate(types, request["device"])
            self.groups[name] = group
            group.guard()
            self._poison(group, 0)
            described[name] = group.describe(descriptors)
        settle_threads([tensor for group in self.groups.values() for tensor in group.tensors.values()])
        return {"groups": described, "descriptors": descriptors}

    def answer_release(self, request):
        self.oracles = {}
        self.independent = {}
        for name in request["groups"]:
            self.base.pop(name, None)
            if name in self.groups:
                self.groups.pop(name).close()

    def answer_poison(self, request):
        for name in request["groups"]:
            self._poison(self.group(name), request.get("pattern", 0))

    def answer_observe(self, request):
        """Learns from the problem's own inputs which values are in range."""
        group = self.group(request["group"])
        for name in group.tensors:
            self.profiles.setdefault(name, inputs.Profile()).observe(group.flat(name))
        return {"profiles": {name: profile.to_json() for name, profile in self.profiles.items()}}

    def answer_fill(self, request):
        """{"group","distribution","seed","non_negative":[NAME…],"finite":[NAME…],"domain":""|"seen"|"whole_range"|"range"}: the judge's own values,
        within the observed domain."""
        group = self.group(request["group"])
        non_negative, finite = set(request.get("non_negative", ())), set(request.get("finite", ()))
        for number, (name, tensor) in enumerate(group.tensors.items()):
            profile = self.profiles.get(name) or inputs.Profile()
            distribution = "normal" if name in finite and request["distribution"] in ("nonfinite", "nan") else request["distribution"]
            inputs.fill(tensor, group.flat(name), distribution, request["seed"] * 1000 + number, profile, name in non_negative,
                        request.get("domain", ""))

    def answer_copy(self, request):
        source, target = self.group(request["from"]), self.group(request["to"])
        alike = source.layout == target.layout
        for name, tensor in target.tensors.items():
            if alike:
                target.flat(name).copy_(source.flat(name))
            else:
                tensor.copy_(source.tensors[name])

    def answer_perturb(self, request):
        source, target = self.group(request["from"]), self.group(request["to"])
        for number, name in enumerate(source.tensors):
            inputs.perturb(source.flat(name), target.flat(name), request["seed"] * 1000 + number)

    def answer_replace(self, request):
        """{"from","to","value","kinds":["nan","inf","-inf"],"only":NAME|""}: copies with a number in the place of such values, in all tensors
        or in one."""
        source, target = self.group(request["from"]), self.group(request["to"])
        for name in source.tensors:
            if request["only"] in ("", name):
                inputs.replace_nonfinite(source.flat(name), target.flat(name), request["value"], request["kinds"])
            else:
                target.flat(name).copy_(source.flat(name))

    def answer_independent(self, request):
        """{"group","first":BOOL,"last":BOOL}: the truth where numbers stand for NaN and infinity; one of several, each with other numbers. What
        is the same in all of them may stand where the oracle is not finite (measure.Independent)."""
        for name, tensor in self.group(request["group"]).tensors.items():
            oracle = self._oracle(name)
            if not oracle.discrete:
                known = self.independent.setdefault(name, measure.Independent(oracle))
                known.hear(tensor, request["first"], request["last"])

    def answer_jitter(self, request):
        """{"group","seed","redraw":[NAME…]}: scales a group's values at random, or draws these anew; seed null restores the first values."""
        group = self.group(request["group"])
        if request["group"] not in self.base:
            self.base[request["group"]] = {name: group.flat(name).clone() for name in group.tensors}
        for number, (name, first) in enumerate(self.base[request["group"]].items()):
            if request["seed"] is None:
                group.flat(name).copy_(first)
            else:
                vary = inputs.redraw if name in request.get("redraw", ()) else inputs.jitter
                vary(first, group.flat(name), request["seed"] * 1000 + number)

    def answer_digest(self, request):
        return {"digests": {name: inputs.digest(self.group(name).words()) for name in request["groups"]}}

    def answer_oracle(self, request):
        """{"group","types":{NAME:DTYPE}}: takes the group's present values as the truth of this trial."""
        group = self.group(request["group"])
        self.independent = {}
        self.oracles = {name: measure.Oracle(tensor, transport.dtype_of(request["types"][name]))
                        for name, tensor in group.tensors.items()}
        for name, tensor in group.tensors.items():
            self.substitutes.first(name, self.oracles[name], tensor)
        return {"oracle": {name: oracle.to_json() for name, oracle in self.oracles.items()}}

    def answer_finite(self, request):
        """{"group"} → {"finite":BOOL}: no NaN and no infinity anywhere."""
        return {"finite": all(_all_finite(tensor) for tensor in self.group(request["group"]).tensors.values())}

    def answer_reference(self, request):
        """{"group"}: how far PyTorch's own result lies from the oracle; a discrete one counts as right from now on."""
        figures = {}
        for name, tensor in self.group(request["group"]).tensors.items():
            oracle = self._oracle(name)
            figures[name] = measure.compare(tensor, oracle)
            if oracle.discrete:
                oracle.variants.append(tensor.reshape(-1).clone())
        return {"figures": figures}

    def answer_measure(self, request):
        """{"group","reference","substitutes":{NAME:[KIND…]},"nonfinite_inputs"} → figures of results and of substitutes (substitutes.py).

        `reference` names the group with PyTorch's own values of this trial.
        """
        candidate, reference = self.group(request["group"]), self.group(request["reference"])
        figures, measured = {}, {}
        for name, tensor in candidate.tensors.items():
            figures[name] = measure.compare(tensor, self._oracle(name), reference.tensors[name],
                                            bool(request.get("nonfinite_inputs")), self.independent.get(name))
        for name, kinds in request.get("substitutes", {}).items():
            own = reference.tensors[name]
            measured[name] = {kind: self.substitutes.figures(name, kind, self._oracle(name), own, self.groups) for kind in kinds}
            if "previous" in kinds:
                self.substitutes.remember(name, own)
        return {"figures": figures, "substitutes": measured}

    def answer_idle(self, request):
        """{"calls","groups":[NAME…]}: a turn of calls of nothing, and the clocks behind it → {"clocks"}.

        How long it takes by the asker's clock is what a contender's turn takes beside its calls; the groups are its sets of inputs.
        """
        if self.stopwatch is None:
            self.stopwatch = Stopwatch(self.device)
        groups = [self.group(name) for name in request["groups"]]
        self.stopwatch.turn(request["calls"], [[group.flat(name) for name in group.tensors] for group in groups], lambda _: None)
        return {"clocks": clocks.read(self.device)}

    def _oracle(self, name):
        if name not in self.oracles:
            raise Failure("bad_request", f"no oracle value of {name}")
        return self.oracles[name]

    def _poison(self, group, pattern):
        for name in group.tensors:
            inputs.poison(group.flat(name), pattern)


def _touch(device):
    group = transport.Group.allocate({"0": {"dtype": "float32", "shape": [64]}}, device)
    group.words().fill_(-1)
    inputs.fill(group.tensors["0"], group.flat("0"), "normal", 0, inputs.Profile(), False)
    inputs.digest(group.words())
    measure.compare(group.tensors["0"], measure.Oracle(group.tensors["0"].double(), torch.float32))
    group.close()


def _all_finite(tensor):
    flat = tensor.reshape(-1)
    return all(bool(torch.isfinite(flat[start:end]).all()) for start, end in inputs.chunks(flat.numel()))
