"""The bench role: times one contender, the problem (eager, or compiled in one of torch.compile's modes) or the candidate, on CUDA.

Every contender has a process of its own; src/judge/race.h gives one after another its turn. Loading, state and inputs are those of the
reference and candidate roles.
"""

from __future__ import annotations

import time

import torch

from kernelagent_worker import candidate, modulestate, reference
from kernelagent_worker.call import store, synchronize, tree_of
from kernelagent_worker.protocol import Failure, failure_from
from kernelagent_worker.stopwatch import Stopwatch

_WARM_UP_CALLS = 3
_MODES = {"compile": {}, "reduce-overhead": {"mode": "reduce-overhead"}, "max-autotune": {"mode": "max-autotune"}}


class Role:
    def __init__(self):
        self.side = None
        self.call = None  # set number → result
        self.last = None  # the result of the last timed call

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
        self.device = request["device"]
        self.stopwatch = Stopwatch(self.device)  # before anybody's code is loaded
        self.side = {"reference": reference.Role, "candidate": candidate.Role}[request["side"]]()
        return self.side.handle(request)

    def prepare(self, request):
        """{"contender":"candidate"|"eager"|"compile"|…,"sets":[[ITEM…]…],"state":GROUP,"seed"} → warm-up time.

        The calls go through the sets of inputs in turn.
        """
        sets = [[self.argument(item) for item in items] for items in request["sets"]]
        if not sets:
            raise Failure("bad_request", "bench: no inputs")
        self.memory = [[self.flat(item["tensor"]) for item in items if "tensor" in item] for items in request["sets"]]
        state = self.side.buffers.group(request["state"])
        function, keywords = self.attempt(lambda: self.function(request["contender"], state))
        self.call = lambda number: function(*sets[number], **keywords)
        torch.manual_seed(request["seed"])
        started = time.monotonic()
        for number in range(max(_WARM_UP_CALLS, len(sets))):
            self.attempt(lambda: self.call(number % len(sets)))
        return {"warm_up_seconds": time.monotonic() - started}

    def measure(self, request):
        """{"calls"} → {"calls_ms":[…]}: a turn (stopwatch.py). The last call's result is kept for `result`."""
        self.last = None
        samples, self.last = self.attempt(lambda: self.stopwatch.turn(request["calls"], self.memory, self.call))
        return {"calls_ms": samples}

    def result(self, request):
        """{"set":0|null,"outputs":GROUP}: the results of one more call, or with null of the last timed one, go into the group."""
        made = self.last if request["set"] is None else self.attempt(lambda: self.call(request["set"]))
        outputs, _ = tree_of(made)
        results = {f"output.{index}": tensor for index, tensor in enumerate(outputs)}
        refused = store(results, self.side.buffers.group(request["outputs"]))
        synchronize(self.device)
        return {"refused": refused}

    def attempt(self, work):
        """Runs user's code, which may raise anything, to its end on the device."""
        try:
            result = work()
            synchronize(self.device)
        except BaseException as error:
            raise failure_from(error, "raised", self.side.path) from None
        return result

    def argument(self, item):
        return self.side.buffers.tensor(item["tensor"]).detach() if "tensor" in item else item["scalar"]

    def flat(self, path):
        group, _, name = path.partition("/")
        return self.side.buffers.groups[group].flat(name)

    def function(self, name, state):
        """Returns what to call and its keywords. The model starts from the shared state."""
        if name in ("candidate", "self"):
            if self.side.module is not None:
                modulestate.load(self.side.module, state)
                return self.side.module, {}
            return self.side.function, {keyword: state[path].detach() for keyword, path in self.side.state_arguments.items()}
        modulestate.load(self.side.model, state)
        if name == "eager":
            return self.side.model, {}
        if name not in _MODES:
            raise Failure("bad_request", f"bench: no contender {name}")
        import torch._inductor.config
        torch._inductor.config.compile_threads = 1  # no further processes
        return torch.compile(self.side.model, **_MODES[name]), {}
