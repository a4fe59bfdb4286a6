"""The candidate role: runs candidate code. It sees inputs and buffers to fill; no reference, no oracle, no tolerance.

Nothing that happens here is believed: the comparing process checks its own buffers, and C++ decides.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import time
import weakref

import torch

from kernelagent_worker import compiled, dispatch_trace, disturbance, gpu_kernels, launches, modulestate, outline, transport, user_test
from kernelagent_worker import inputs as values
from kernelagent_worker.call import (Buffers, aliases_of, load_file, same_bits, storage_of, store, synchronize, tree_of, trim,
                                     warm_gpu)
from kernelagent_worker.protocol import Failure, failure_from

# Taken before candidate code is loaded.
_seed = torch.manual_seed
_clock = time.monotonic


class Role:
    def __init__(self):
        self.buffers = Buffers()
        self.launches = launches.watch()
        self.device = "cpu"
        self.source = None  # the text to run, where it was sent
        self.loaded = None  # the candidate's file as a module
        self.module = None  # an instance of ModelNew
        self.function = None  # or kernel_function
        self.moved = []  # groups at other addresses, which the candidate's objects may still name
        self.sizes = []  # bytes of what the last call allocated

    def warm(self):
        warm_gpu(lambda: (gpu_kernels.warm(), launches.warm()))

    def handle(self, request):
        answers = {"outline": self.outline, "load": self.load, "bind": self.buffers.bind, "release": self.buffers.release, "run": self.run,
                   "compiled": self.compiled, "user_test": user_test.run}
        answer = answers.get(request.get("request"))
        if answer is None:
            raise Failure("bad_request", f"candidate: no request {request.get('request')}")
        with torch.no_grad():
            reply = answer(request) or {}
        trim(self.device)
        return reply

    def outline(self, request):
        """{"path","source"} → {"outline"}: what Python reads in the text that `load` will run."""
        self.source = {"text": request["source"].encode().decode("latin-1")}
        return {"outline": outline.outline(request["source"])}

    def load(self, request):
        """{"path","entry":"auto"|"ModelNew"|"kernel_function","device","mode","seed","init_inputs","inputs":COUNT,
        "state":[NAME…],"compiled":FILES?} → {"entry","state":[NAME…],"extra_state":[NAME…]}."""
        self.path, self.device = request["path"], request["device"]
        compiled.unpack(request.get("compiled") or {}, os.environ.get("TRITON_CACHE_DIR", ""))
        self.launches.candidate = os.path.abspath(self.path)
        loaded = self.loaded = load_file(self.path, "candidate", self.source or request.get("source"))
        wanted = request.get("entry", "auto")
        if wanted in ("auto", "ModelNew") and isinstance(getattr(loaded, "ModelNew", None), type):
            return self.load_module(loaded.ModelNew, request)
        if wanted in ("auto", "kernel_function") and callable(getattr(loaded, "kernel_function", None)):
            return self.load_function(loaded.kernel_function, request)
        name = "kernel_function or ModelNew" if wanted == "auto" else wanted
        raise Failure("no_entry", f"the file defines no {name}", file=self.path)

    def compiled(self, request):
        """{} → {"files":FILES}: what Triton compiled for this program."""
        return {"files": compiled.pack(os.environ.get("TRITON_CACHE_DIR", ""))}

    def load_module(self, kind, request):
        arguments = values.decode(request["init_inputs"])
        try:
            _seed(request["seed"])
            with torch.device(self.device):
                self.module = kind(**arguments) if isinstance(arguments, dict) else kind(*arguments)
            modulestate.to_device(self.module, self.device)
            self.module.train(request["mode"] == "train")
        except BaseException as error:
            raise failure_from(error, "init_raised", self.path) from None
        own = modulestate.tensors_of(self.module)
        known = set(request["state"])
        return {"entry": "ModelNew", "state": [name for name in own if name in known],
                "missing_state": [name for name in request["state"] if name not in own],
                "extra_state": [name for name in own if name not in known]}

    def load_function(self, function, request):
        """Binds kernel_function(*inputs, **state): state by name, dots as underscores, as far as its signature takes it."""
        parameters = list(inspect.signature(function).parameters.values())
        named = {name.replace(".", "_"): name for name in request["state"]}
        positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        takes_any = any(one.kind == one.VAR_KEYWORD for one in parameters)
        takes_more = any(one.kind == one.VAR_POSITIONAL for one in parameters)
        count = request["inputs"]
        if len(positional) < count and not takes_more:
            raise Failure("no_entry", f"kernel_function takes {len(positional)} arguments, the problem has {count} inputs",
                          file=self.path)
        rest = positional[count:] + [one for one in parameters if one.kind == one.KEYWORD_ONLY]
        taken = {one.name: named[one.name] for one in rest if one.name in named}
        unbound = [one.name for one in rest if one.name not in named and one.default is one.empty]
        if unbound:
            known = ", ".join(named) or "nothing"
            raise Failure("no_entry", f"kernel_function also needs {', '.join(unbound)}; the problem's state gives {known}",
                          file=self.path)
        if takes_any:
            taken.update(named)
        self.function, self.state_arguments = function, taken
        return {"entry": "kernel_function", "state": list(taken.values()),
                "missing_state": [name for name in request["state"] if name not in taken.values()], "extra_state": []}

    def run(self, request):
        """{"inputs":[ITEM…],"state":GROUP,"seed","outputs":GROUP,"mutations":[NAME…],"poison":0|1|null,
        "moved":BOOL,"anew":BOOL,"busy":BOOL,"list_kernels":BOOL,"unchecked":BOOL} → types, tree, aliases, operators, launches. Results go
        into the group `outputs` under "output.0", … and the names of `mutations`."""
        if request.get("anew"):
            self.forget_graphs()
        mutations = request.get("mutations", [])
        given, padding = self.given(request)
        arguments = [self.argument(given, index, item, mutations) for index, item in enumerate(request["inputs"])]
        state = given.group(request["state"])
        try:
            call, owned = self.prepare(arguments, state, mutations)
        except RuntimeError as error:
            raise failure_from(error, "no_entry", self.path) from None  # a parameter of another shape or type
        owners = {storage_of(tensor): ("input" if name.startswith("inputs.") else "state", tuple(tensor.shape),
                                       tuple(tensor.stride())) for name, tensor in owned.items()}
        trace = dispatch_trace.OperatorTrace(owners, self.launches, request.get("poison", 0))
        listing = gpu_kernels.Listing() if request.get("list_kernels") else None
        self.launches.begin(owned.values(), checked=not request.get("unchecked"))
        _seed(request["seed"])
        busy = disturbance.keep_busy(self.device) if request.get("busy") else None
        started = _clock()
        try:
            with listing or contextlib.nullcontext():
                with trace:
                    result = call()
                synchronize(self.device)
        except BaseException as error:
            raise failure_from(error, "outside_memory" if self.launches.memory.violation else "raised", self.path) from None
        if self.launches.memory.violation:  # and the candidate went on
            raise Failure("outside_memory", self.launches.memory.violation, file=self.path)
        seconds = _clock() - started
        del padding, busy
        self.sizes = trace.sizes
        outputs, tree = tree_of(result)
        reply = {"outputs": [self.describe(tensor, trace) for tensor in outputs], "tree": tree, "overrun": trace.overrun(),
                 "aliases": aliases_of(outputs, owned), "operators": trace.operators(),
                 "launches": self.launches.seen.listed(),
                 "launch_records": self.launches.seen.records if request.get("records") else [], "seconds": seconds}
        if listing is not None:
            reply["gpu_kernels"], reply["compiled"] = listing.to_json(), self.launches.seen.compiled
            reply["guards"] = self.launches.seen.guards
        reply["written"] = self.written(state, mutations)
        reply["reused"] = [index for index, tensor in enumerate(outputs) if not trace.is_fresh(tensor)]
        results = {f"output.{index}": tensor for index, tensor in enumerate(outputs)}
        results.update((name, self.mutated(name, owned)) for name in mutations)
        reply["refused"] = store({name: value for name, value in results.items() if value is not None},
                                 self.buffers.group(request["outputs"]))
        synchronize(self.device)
        return reply

    def forget_graphs(self):
        """Makes a program that replays its launches (templates/program/launch_graph.py) launch one by one in the next call."""
        kept = getattr(self.loaded, "_replays", None)
        if isinstance(kept, weakref.WeakKeyDictionary):
            kept.clear()

    def written(self, state, mutations):
        """Names the module's own state that the call changed and the problem does not. A function is given shared memory instead."""
        if self.module is None:
            return []
        known = modulestate.tensors_of(self.module)
        return [name for name, value in state.items() if name in known and f"state.{name}" not in mutations
                and not same_bits(known[name][1], value)]

    def given(self, request):
        """Returns the buffers that hold the call's arguments, and what must live while it runs for its own memory to lie elsewhere
        than before, where that is wanted."""
        if not request.get("moved"):
            return self.buffers, None
        names = {item["tensor"].partition("/")[0] for item in request["inputs"] if "tensor" in item}
        self.moved.append(self.buffers.moved({*names, request["state"]}))
        return self.moved[-1], disturbance.padding(self.sizes, self.device)

    def argument(self, given, index, item, mutations):
        if "tensor" not in item:
            return item["scalar"]
        tensor = given.tensor(item["tensor"]).detach()
        return tensor.clone() if f"inputs.{index}" in mutations else tensor

    def prepare(self, arguments, state, mutations):
        """Returns the call to make and every tensor it is given, by name."""
        owned = {f"inputs.{index}": value for index, value in enumerate(arguments) if isinstance(value, torch.Tensor)}
        if self.module is not None:
            modulestate.load(self.module, state)
            owned.update((f"state.{name}", tensor) for name, (_, tensor) in modulestate.tensors_of(self.module).items())
            return (lambda: self.module(*arguments)), owned
        keywords = {}
        for keyword, name in self.state_arguments.items():
            keywords[keyword] = state[name].clone() if f"state.{name}" in mutations else state[name].detach()
            owned[f"state.{name}"] = keywords[keyword]
        return (lambda: self.function(*arguments, **keywords)), owned

    def mutated(self, name, owned):
        """Returns what an input or a piece of state holds after the call."""
        group, _, rest = name.partition(".")
        if group == "state" and self.module is not None:
            return modulestate.current(self.module, rest)
        return owned.get(name)

    def describe(self, tensor, trace):
        plain = type(tensor) in (torch.Tensor, torch.nn.Parameter)
        return {**transport.type_of(tensor), "device": tensor.device.type, "plain": plain,
                "launched": self.launches.wrote(tensor), "unwritten": trace.unwritten(tensor)}
