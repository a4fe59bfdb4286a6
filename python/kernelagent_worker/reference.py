"""The reference role: runs the problem file, in its own precision and in float64. It never sees a candidate.

Inputs, state and outputs are the comparing process's buffers. The model is put back before every run: its tensors from the
state buffers, its plain attributes from a snapshot.
"""

from __future__ import annotations

import contextlib
import copy
import time

import torch

from kernelagent_worker import inputs as values
from kernelagent_worker import modulestate, problem, randomness, ties, transport
from kernelagent_worker.branches import Branches
from kernelagent_worker.call import (Buffers, aliases_of, same_bits, settle_threads, store, synchronize,
                                     tree_of, trim, warm_gpu)
from kernelagent_worker.last_step import LastStep
from kernelagent_worker.parts import Parts
from kernelagent_worker.protocol import Failure, failure_from

_CLONE_LIMIT = 4 << 30  # bytes of inputs kept twice to see which of them forward writes to


class Role:
    def __init__(self):
        self.buffers = Buffers()
        self.device = "cpu"
        self.model = None
        self.wide = None  # the model in float64, made when first needed
        self.drawn = []  # what the last recorded run in its own precision drew
        self.random = False
        self.reads = False  # Python is given values of tensors
        self.chooses = False  # it has operators that choose among equal elements
        self.parts = None  # of a rewritten program: what watches its parts
        self.mutated = []
        self.waiting = {}  # the results of a run that was not given a group: `store` writes them

    def warm(self):
        """Runs a small module once, recorded as a problem's first run is: later runs find its parts of PyTorch touched."""
        with torch.no_grad(), randomness.Recorder():
            self.forward(torch.nn.ReLU(), [torch.zeros(4)])
            warm_gpu(lambda: self.forward(torch.nn.ReLU(), [torch.zeros(4, device="cuda")]))

    def handle(self, request):
        answers = {"load": self.load, "bind": self.buffers.bind, "release": self.buffers.release, "run": self.run,
                   "export": self.export, "inputs": self.make_inputs, "store": self.store,
                   "drop_last_step": self.drop_last_step, "parts": lambda request: self.parts.report()}
        answer = answers.get(request.get("request"))
        if answer is None:
            raise Failure("bad_request", f"reference: no request {request.get('request')}")
        with torch.no_grad():
            reply = answer(request) or {}
        synchronize(self.device)  # other processes read what this one wrote as soon as it answers
        trim(self.device)
        return reply

    def load(self, request):
        """{"problem","device","mode","seed","parts":[NAME…]?} → types of inputs, state, outputs and mutations; runs the problem once.
        `parts` names classes whose calls are to be watched."""
        self.path, self.device, self.mode = request["problem"], request["device"], request["mode"]
        torch.manual_seed(request["seed"])
        self.problem = problem.load(self.path, request.get("source"), Branches)
        if request.get("parts"):
            self.parts = Parts(self.problem.module, request["parts"], self.problem.path)
        self.construct(request["seed"])
        arguments = self.own_inputs(request["seed"])
        described = [self.describe_input(value) for value in arguments]
        state = {name: {**transport.type_of(tensor), "kind": kind}
                 for name, (kind, tensor) in modulestate.tensors_of(self.model).items()}
        settle_threads([value for value in arguments if isinstance(value, torch.Tensor)]
                       + [tensor for _, tensor in modulestate.tensors_of(self.model).values()])
        facts = self.first_run(arguments, request["seed"])
        if torch.device(self.device).type == "cuda":
            facts.update(peak_bytes=torch.cuda.max_memory_allocated(self.device), memory_bytes=torch.cuda.mem_get_info(self.device)[1])
            if torch.version.hip is None:
                major, minor = torch.cuda.get_device_capability(self.device)
                facts["capability"] = major * 10 + minor
        return {"inputs": described, "state": state, "init_inputs": self.encoded, **facts}

    def construct(self, seed):
        """Builds the model; factory functions in its constructor allocate on the device."""
        torch.manual_seed(seed)
        with torch.device(self.device):
            arguments, keywords = self.problem.init_inputs()
        self.encoded = values.encode(keywords or arguments)
        torch.manual_seed(seed)
        with torch.device(self.device):
            self.model = self.problem.build(arguments, keywords)
        modulestate.to_device(self.model, self.device)
        self.model.train(self.mode == "train")
        self.snapshot = modulestate.Snapshot(self.model)

    def own_inputs(self, seed):
        """Calls get_inputs(), whose factory functions allocate on the device."""
        torch.manual_seed(seed)
        with torch.device(self.device):
            made = self.problem.inputs()
        return [value.detach().to(self.device) if isinstance(value, torch.Tensor) else value for value in made]

    def describe_input(self, value):
        if isinstance(value, torch.Tensor):
            return {"tensor": transport.type_of(value)}
        if value is None or isinstance(value, (bool, int, float, str)):
            return {"scalar": value, "type": type(value).__name__}
        raise Failure("get_inputs_raised", f"get_inputs() returns a {type(value).__name__}; tensors and numbers can be judged",
                      file=self.path)

    def first_run(self, arguments, seed):
        """Runs once on private inputs to learn what comes out and what is written to."""
        before = {name: tensor.clone() for name, (_, tensor) in modulestate.tensors_of(self.model).items()}
        size = sum(value.nbytes for value in arguments if isinstance(value, torch.Tensor))
        kept = [value.clone() if size <= _CLONE_LIMIT and isinstance(value, torch.Tensor) else None for value in arguments]
        recorder = randomness.Recorder()
        torch.manual_seed(seed)
        started = time.monotonic()
        with recorder:
            result = self.forward(self.model, arguments)
        synchronize(self.device)
        seconds = time.monotonic() - started
        outputs, tree = tree_of(result)
        self.random, self.reads, self.chooses = bool(recorder.drawn), bool(recorder.reads), recorder.chooses
        mutations = {}
        for index, (value, old) in enumerate(zip(arguments, kept)):
            if old is not None and not same_bits(value, old):
                mutations[f"inputs.{index}"] = transport.type_of(value)
        for name, old in before.items():
            now = modulestate.current(self.model, name)
            if now is not None and not same_bits(now, old):
                mutations[f"state.{name}"] = transport.type_of(now)
        self.mutated = list(mutations)
        facts = {"outputs": [transport.type_of(tensor) for tensor in outputs], "tree": tree,
                 "aliases": aliases_of(outputs, self.named(arguments)), "mutations": mutations,
                 "random_operators": recorder.operators(), "reads": recorder.reads, "seconds": seconds}
        del result, outputs
        self.snapshot.restore()
        modulestate.load(self.model, before)
        return facts

    def export(self, request):
        """{"state":GROUP}: writes the model's first state into a group; from then on every run starts from that group."""
        target = self.buffers.group(request["state"])
        for name, (_, tensor) in modulestate.tensors_of(self.model).items():
            target[name].copy_(tensor)

    def make_inputs(self, request):
        """{"seed","group"}: writes get_inputs() for a seed → {"inputs":[{"tensor":"GROUP/0"}|{"scalar":…}…]}."""
        made, items = self.own_inputs(request["seed"]), []
        target = self.buffers.group(request["group"])
        for index, value in enumerate(made):
            if not isinstance(value, torch.Tensor):
                items.append(self.describe_input(value))
                continue
            buffer = target.get(str(index))
            if buffer is None or buffer.shape != value.shape or buffer.dtype != value.dtype:
                raise Failure("get_inputs_raised", f"get_inputs() changes the type of input {index} from call to call",
                              file=self.path)
            values.assign(buffer, value)
            items.append({"tensor": f"{request['group']}/{index}"})
        return {"inputs": items}

    def run(self, request):
        """{"precision":"own"|"float64"|"ieee","inputs":[ITEM…],"state":GROUP,"seed","outputs":GROUP|null} → types and aliases; of a
        problem whose Python looks at values, how often it did in its own precision, and which way its tests went so far.

        "ieee" is the problem's own precision without TF32: the truth where float64 does not fit or does not run, and one more run of
        PyTorch's before a result is refused. Without a group the results wait here for `store`: a group takes memory that the run
        itself may need."""
        wide = request["precision"] == "float64"
        if request["precision"] == "ieee":
            self.wide = None  # its copy of the model makes room; it is made again where float64 was not given up
        model, arguments = self.begin(request, wide)
        watched = self.random or self.reads
        mode = (randomness.Replayer(self.drawn) if wide else randomness.Recorder()) if watched else None
        plain = request["precision"] == "own" and not request.get("perturbed")
        self.problem.branches.recording = plain
        started = time.monotonic()
        run = {"float64": self.in_float64, "ieee": self.in_ieee}.get(request["precision"], self.forward)
        result = run(model, arguments, mode)
        synchronize(self.device)
        seconds = time.monotonic() - started
        self.problem.branches.recording = False
        if mode is not None and plain:
            self.drawn = mode.drawn
        outputs, tree = tree_of(result)
        results = {f"output.{index}": tensor for index, tensor in enumerate(outputs)}
        for name in self.mutated:
            group, _, rest = name.partition(".")
            results[name] = arguments[int(rest)] if group == "inputs" else modulestate.current(model, rest)
        refused = []
        if request["outputs"] is None:
            self.waiting = results
        else:
            refused = store(results, self.buffers.group(request["outputs"]))
        reply = {"outputs": [transport.type_of(tensor) for tensor in outputs], "tree": tree, "refused": refused,
                 "aliases": aliases_of(outputs, self.named(arguments)), "seconds": seconds}
        if self.reads and plain:
            reply.update(reads=mode.reads, branches=self.problem.branches.seen())
        return reply

    def begin(self, request, wide):
        """Puts the model and the generator back to where every run starts. Returns the model and its arguments."""
        model = self.wide_model() if wide else self.model
        arguments = [self.argument(index, item, wide) for index, item in enumerate(request["inputs"])]
        (self.wide_snapshot if wide else self.snapshot).restore()
        modulestate.load(model, self.buffers.group(request["state"]))
        torch.manual_seed(request["seed"])
        return model, arguments

    def drop_last_step(self, request):
        """As `run` in its own precision, but writes what each output's last operator was given → {"dropped":[NAME…]}."""
        model, arguments = self.begin(request, wide=False)
        target = self.buffers.group(request["outputs"])
        sizes = {(tensor.numel(), tensor.dtype) for tensor in target.values()}
        watch = LastStep(sizes)
        outputs, _ = tree_of(self.forward(model, arguments, watch))
        found = {f"output.{index}": watch.before(tensor) for index, tensor in enumerate(outputs)}
        found = {name: tensor for name, tensor in found.items() if tensor is not None and name in target}
        refused = store(found, target)
        return {"dropped": [name for name in found if name not in refused]}

    def store(self, request):
        """{"outputs":GROUP}: writes the results that wait."""
        results, self.waiting = self.waiting, {}
        return {"refused": store(results, self.buffers.group(request["outputs"]))}

    def argument(self, index, item, wide):
        if "tensor" not in item:
            return item["scalar"]
        tensor = self.buffers.tensor(item["tensor"]).detach()
        if wide and tensor.is_floating_point():
            return tensor.to(torch.float64, copy=True)
        return tensor.clone() if f"inputs.{index}" in self.mutated else tensor

    def wide_model(self):
        if self.wide is None:
            self.snapshot.restore()
            self.wide = copy.deepcopy(self.model)
            modulestate.to_float64(self.wide)
            self.wide_snapshot = modulestate.Snapshot(self.wide)
        return self.wide

    def in_float64(self, model, arguments, mode):
        """Factory functions without a type make float64 too, so that a state made inside forward matches the weights."""
        usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            return self.forward(model, arguments, mode)
        finally:
            torch.set_default_dtype(usual)

    def in_ieee(self, model, arguments, mode):
        """Attention takes its definition, step by step: fused implementations round in ways of their own."""
        convolution, matmul = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
        try:
            with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
                return self.forward(model, arguments, mode)
        finally:
            torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = convolution, matmul

    def forward(self, model, arguments, mode=None):
        try:
            with mode or contextlib.nullcontext(), self.parts or contextlib.nullcontext():
                with ties.StableOrder() if self.chooses else contextlib.nullcontext():
                    return model(*arguments)
        except BaseException as error:
            raise failure_from(error, "raised", self.path) from None

    def named(self, arguments):
        named = {f"inputs.{index}": value for index, value in enumerate(arguments) if isinstance(value, torch.Tensor)}
        named.update((f"state.{name}", tensor) for name, (_, tensor) in modulestate.tensors_of(self.model).items())
        return named
