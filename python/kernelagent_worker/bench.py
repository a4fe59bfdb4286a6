"""The bench role: times one side, the problem (eager, torch.compile) or the candidate, on CUDA.

The two sides live in two processes that take turns: src/judge/bench.cpp asks one, then the other, for a few calls at a time.
Loading, state and inputs are those of the reference and candidate roles.
"""

from __future__ import annotations

import time

import torch

from kernelagent_worker import candidate, modulestate, reference
from kernelagent_worker.call import store, synchronize, tree_of
from kernelagent_worker.protocol import Failure, failure_from

_FLUSH_BYTES = 256 << 20  # written before every timed call: more than any level-2 cache holds
_WARM_UP_CALLS = 3


class Role:
    def __init__(self):
        self.side = None
        self.contenders = {}
        self.flush = None

    def handle(self, request):
        name = request.get("request")
        if name == "load":
            return self.load(request)
        if self.side is None:
            raise Failure("bad_request", "bench: load comes first")
        if name in ("bind", "release", "export", "inputs"):
            return self.side.handle(request)
        answer = {"prepare": self.prepare, "time": self.measure, "result": self.result}.get(name)
        if answer is None:
            raise Failure("bad_request", f"bench: no request {name}")
        with torch.no_grad():
            return answer(request)

    def load(self, request):
        """As the role named by "side" ("reference", "candidate") answers."""
        if torch.device(request["device"]).type != "cuda":
            raise Failure("not_allowed", f"nothing can be timed on {request['device']}: the interpreter's times say nothing")
        self.side = {"reference": reference.Role, "candidate": candidate.Role}[request["side"]]()
        self.device = request["device"]
        return self.side.handle(request)

    def prepare(self, request):
        """{"contender":"eager"|"compile"|"candidate","sets":[[ITEM…]…],"state":GROUP,"seed"} → warm-up time.

        The calls of a contender go through its sets of inputs in turn.
        """
        name = request["contender"]
        sets = [[self.argument(item) for item in items] for items in request["sets"]]
        if not sets:
            raise Failure("bad_request", "bench: no inputs")
        function, keywords = self.function(name, self.side.buffers.group(request["state"]))
        torch.manual_seed(request["seed"])
        started = time.monotonic()
        try:
            for number in range(max(_WARM_UP_CALLS, len(sets))):
                function(*sets[number % len(sets)], **keywords)
            synchronize(self.device)
        except BaseException as error:
            raise failure_from(error, "raised", self.side.path) from None
        self.contenders[name] = (function, keywords, sets)
        return {"warm_up_seconds": time.monotonic() - started}

    def measure(self, request):
        """{"contender","calls"} → {"samples_ms":[…]}: each call after a flush, between two events, then a wait.

        While the device flushes, the host already issues the call, as it would in a running program.
        """
        function, keywords, sets = self.contenders[request["contender"]]
        if self.flush is None:
            self.flush = torch.empty(_FLUSH_BYTES // 8, dtype=torch.int64, device=self.device)
        samples = []
        for number in range(request["calls"]):
            arguments = sets[number % len(sets)]
            start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
            self.flush.zero_()
            start.record()
            function(*arguments, **keywords)
            end.record()
            synchronize(self.device)
            samples.append(start.elapsed_time(end))
        return {"samples_ms": samples}

    def result(self, request):
        """{"contender","set","outputs":GROUP}: one more call, whose results go into the group."""
        function, keywords, sets = self.contenders[request["contender"]]
        outputs, _ = tree_of(function(*sets[request["set"]], **keywords))
        results = {f"output.{index}": tensor for index, tensor in enumerate(outputs)}
        refused = store(results, self.side.buffers.group(request["outputs"]))
        synchronize(self.device)
        return {"refused": refused}

    def argument(self, item):
        return self.side.buffers.tensor(item["tensor"]).detach() if "tensor" in item else item["scalar"]

    def function(self, name, state):
        """Returns what to call and its keywords. The model starts from the shared state."""
        if name == "candidate":
            if self.side.module is not None:
                modulestate.load(self.side.module, state)
                return self.side.module, {}
            return self.side.function, {keyword: state[path].detach() for keyword, path in self.side.state_arguments.items()}
        modulestate.load(self.side.model, state)
        if name == "eager":
            return self.side.model, {}
        import torch._inductor.config
        torch._inductor.config.compile_threads = 1  # no further processes
        return torch.compile(self.side.model, **request_options(name)), {}


def request_options(name):
    """"compile" or "compile:MODE" → arguments of torch.compile."""
    _, _, mode = name.partition(":")
    return {"mode": mode} if mode else {}
