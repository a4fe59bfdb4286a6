"""The trace role: a problem file becomes a graph of ATen operators, with `torch.export` on fake tensors.

Nothing is computed and nothing big is allocated: model and inputs are built as fake tensors wherever their code allows it.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import logging
import traceback
import warnings

import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.fx.experimental.symbolic_shapes import ShapeEnv
from torch.utils._python_dispatch import TorchDispatchMode

from kernelagent_worker import problem as problems
from kernelagent_worker.graph_json import Writer, dependence
from kernelagent_worker.interface import Flat, Inputs, scalar_tensor
from kernelagent_worker.protocol import Failure, describe, failure_from, one_line
from kernelagent_worker.standins import OnCpu
from kernelagent_worker.state import GLOBAL, State, missing

# Operators kept whole although PyTorch would decompose them: the compiler has better algorithms for them than the sum of
# their parts, or the parts would hide what they are (docs/PROTOCOL.md lists them).
_KEPT = frozenset("""
linear matmul scaled_dot_product_attention softmax log_softmax logsumexp tril triu roll select_scatter bernoulli
layer_norm rms_norm group_norm instance_norm
conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d max_pool3d
adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell
upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d
_upsample_nearest_exact3d upsample_linear1d upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d
gelu silu mish hardtanh hardswish hardsigmoid hardshrink softshrink softplus elu leaky_relu prelu log_sigmoid threshold
cross_entropy_loss nll_loss nll_loss_nd nll_loss2d mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
binary_cross_entropy_with_logits soft_margin_loss kl_div cosine_similarity pairwise_distance triplet_margin_loss
hinge_embedding_loss margin_ranking_loss cosine_embedding_loss poisson_nll_loss
""".split())


class Role:
    """Answers `trace` requests."""

    def handle(self, request):
        if request.get("request") != "trace":
            raise Failure("bad_request", f"the trace role has no request {request.get('request')!r}")
        mode = request.get("mode", "train")
        if mode not in ("train", "eval") or not isinstance(request.get("problem"), str):
            raise Failure("bad_request", "trace needs a problem path and a mode that is train or eval")
        graph, notes = trace(request["problem"], mode, request.get("source"))
        return {"graph": graph, "warnings": notes}


def warm():
    """Traces a trivial module, so that what export imports on first use is there before a zygote forks."""
    with _quiet(), torch.no_grad():
        with _fake_mode():
            example = torch.empty(1)
        program = torch.export.export(torch.nn.ReLU(), (example,), strict=False)
        program.run_decompositions(decompositions(program))


def _fake_mode():
    # Reading a value must fail, not give a symbol: a symbol would hide the number that a constructor computed.
    shapes = ShapeEnv(tracked_fakes=[], allow_scalar_outputs=False, allow_dynamic_output_shape_ops=False)
    return FakeTensorMode(shape_env=shapes, allow_non_fake_inputs=True, export=True)


def trace(path, mode="train", packed=None):
    """Returns the graph of the problem file `path`, and warnings; `packed` is its text as requests carry it. Raises Failure."""
    problem = problems.load(path, packed)
    with _quiet(), torch.no_grad():
        fake_mode = _fake_mode()
        model = problems.build_cheaply(problem.build, fake_mode)
        model.train(mode == "train")
        arguments = problems.build_cheaply(problem.inputs, fake_mode)
        if any(isinstance(parameter, torch.nn.parameter.UninitializedParameter) for parameter in model.parameters()):
            raise Failure("untraceable", "the model has lazy modules, whose shapes only a first call decides", file=problem.path)
        return Tracing(problem, model, arguments, fake_mode, mode).run()


class Tracing:
    """One problem on its way to a graph. Tries again with numbers baked in where lifting them fails."""

    def __init__(self, problem, model, arguments, fake_mode, mode):
        self.problem = problem
        self.model = model
        self.arguments = arguments
        self.fake_mode = fake_mode
        self.mode = mode
        self.warnings = []
        names = {}
        for name, tensor in itertools.chain(model.named_parameters(remove_duplicate=False),
                                            model.named_buffers(remove_duplicate=False)):
            names.setdefault(id(tensor), []).append(name)
        self.tied = {name: own[0] for own in names.values() for name in own[1:]}  # second name -> first name

    def run(self):
        inputs = Inputs(self.model, self.arguments)
        scalars = [leaf for leaf in inputs.leaves if leaf.kind == "scalar"]
        graph, notes = self.first_success(inputs, scalars)
        for leaf in [leaf for leaf in scalars if leaf.baked] if sum(leaf.baked for leaf in scalars) > 1 else []:
            leaf.baked = False  # was it needed?
            try:
                graph, notes = self.attempt(inputs)
            except Failure:
                leaf.baked = True
        if not all(leaf.baked for leaf in scalars):
            graph, notes = self.with_right_types(inputs, scalars, graph, notes)
        for leaf in scalars:
            if leaf.baked:
                notes.append(f"the number {leaf.name} = {leaf.value!r} is part of the program: another value needs another trace")
        return graph, self.warnings + notes

    def first_success(self, inputs, scalars):
        """Bakes no number, then flags, then integers, then all of them, until tracing succeeds."""
        tried = []
        for types in ((), (bool,), (bool, int), (bool, int, float)):
            choice = [type(leaf.value) in types for leaf in scalars]
            if choice in tried:
                continue
            tried.append(choice)
            for leaf, leaf.baked in zip(scalars, choice):
                pass
            try:
                return self.attempt(inputs)
            except Failure as error:
                failure = error  # with everything baked, the last one is the program's own
        raise failure

    def with_right_types(self, inputs, scalars, graph, notes):
        """A 0-d tensor does not always promote as a Python number does: bakes all numbers if the outputs' types differ."""
        lifted = [leaf for leaf in scalars if not leaf.baked]
        for leaf in lifted:
            leaf.baked = True
        baked = self.attempt(inputs)
        if output_types(baked[0]) != output_types(graph):
            return baked
        for leaf in lifted:
            leaf.baked = False
        return graph, notes

    def attempt(self, inputs, merge=False):
        """Traces once. `merge` makes one input of a tensor that is passed twice."""
        state = State(self.model, self.problem.module)
        attributes = [attribute for attribute in state.attributes if attribute.container is not None]
        tensors = self.slots(inputs, attributes, merge)
        flat = Flat(self.model, self.problem.module, inputs, attributes)
        said = io.StringIO()  # export prints whole programs when it fails; the reply says what matters
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                program = torch.export.export(flat, tuple(tensors), strict=False)
                program = program.run_decompositions(decompositions(program))
        except Exception as error:
            raise self.explain(error) from error
        self.check_state(flat.call)
        writer = Writer(program, flat.call, self.problem.path, self.mode, self.tied, constant_names(state))
        graph = writer.write()
        if self.shares_written_memory(graph, inputs, attributes) and not merge:
            return self.attempt(inputs, merge=True)
        return graph, writer.warnings

    def slots(self, inputs, attributes, merge):
        """Chooses Flat's tensors: each leaf gets one of its own, because a program must also be right for distinct tensors."""
        tensors, merged = [], {}
        storages = {storage_key(tensor) for tensor in (*self.model.parameters(), *self.model.buffers())}

        def add(tensor):
            tensors.append(self.fake(tensor, fresh=storage_key(tensor) in storages))
            storages.add(storage_key(tensor))
            merged[id(tensor)] = len(tensors) - 1
            return len(tensors) - 1

        for leaf in inputs.leaves:
            leaf.slot = -1
            if leaf.kind == "tensor":
                leaf.slot = merged[id(leaf.value)] if merge and id(leaf.value) in merged else add(leaf.value)
            elif not leaf.baked:
                leaf.slot = len(tensors)
                tensors.append(scalar_tensor(leaf, self.fake_mode))
        merged.clear()
        for attribute in attributes:
            shared = merged.get(id(attribute.tensor))
            attribute.slot = add(attribute.tensor) if shared is None else shared
        return tensors

    def fake(self, tensor, fresh=False):
        """Returns a fake tensor of the same type; `fresh` if the memory of `tensor` already stands for another input."""
        tensor = tensor.detach()
        if fresh:
            with self.fake_mode:
                size = tensor.untyped_storage().nbytes() // max(1, tensor.element_size())
                return torch.empty(size, dtype=tensor.dtype).as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
        return tensor if isinstance(tensor, FakeTensor) else self.fake_mode.from_tensor(tensor)

    # --- What a graph cannot say ---

    def shares_written_memory(self, graph, inputs, attributes):
        """True if an input that the program writes is passed twice. Raises Failure if it overlaps with another one otherwise."""
        holders = {}  # storage -> [(kind, name, tensor)]
        for kind, name, tensor in itertools.chain(
                (("tensor", leaf.name, leaf.value) for leaf in inputs.leaves if leaf.kind == "tensor"),
                (("attribute", attribute.name, attribute.tensor) for attribute in attributes),
                (("parameter", *pair) for pair in self.model.named_parameters()),
                (("buffer", *pair) for pair in self.model.named_buffers())):
            holders.setdefault(storage_key(tensor), []).append((kind, name, tensor))
        written = {(output["target_kind"], output["target"]) for output in graph["outputs"] if output["kind"] == "mutation"}
        twice = False
        for group in holders.values():
            for kind, name, tensor in group:
                others = [other for other in group if other[:2] != (kind, name)] if (kind, name) in written else []
                for _, other_name, other in others:
                    if tensor is not other:
                        raise Failure("untraceable", f"{name} and {other_name} share memory that forward writes")
                    twice = twice or kind == "tensor"
        return twice

    def check_state(self, call):
        """Refuses state that is not a tensor on both sides of a call, unless a second call does the same as the first."""
        if not call.other_changes:
            return
        model, arguments = self.model, self.arguments
        state = State(model, self.problem.module)
        try:
            with self.fake_mode, OnCpu(), Recorder() as first:
                model(*arguments)
            stored = {id(value) for value in state.now() if isinstance(value, torch.Tensor)} - state.identities()
            with self.fake_mode, OnCpu(), Recorder() as second:
                model(*arguments)
            idle = first.calls == second.calls and not stored & second.read
        except Exception:
            idle = False
        finally:
            state.restore()
        name, (before, after) = next(iter(call.other_changes.items()))
        if not idle:
            raise Failure("untraceable", f"{_variable(name)} changes from {_show(before)} to {_show(after)} in forward, "
                          "and later calls depend on it")
        for name in call.other_changes:
            note = f"{_variable(name)} changes in forward; nothing reads it, and the program leaves it out"
            if note not in self.warnings:
                self.warnings.append(note)

    def explain(self, error):
        """Classifies what export raised: the user's mistake, or code that depends on values."""
        chain = list(causes(error))
        line, text = next(problems.user_frames(error, self.problem.path), (None, ""))
        file = self.problem.path if line else None
        for link in chain:
            if isinstance(link, Failure):
                link.line, link.file = link.line or line, link.file or file
                return link
        names = {type(link).__name__ for link in chain}
        message = " ".join(map(str, chain))
        trace = "".join(traceback.format_exception(error))[-8192:]
        if names & _VALUE_ERRORS or "data-dependent" in message.lower():
            return Failure("untraceable", dependence(text), line, file, trace)
        real = self.real_failure()
        if real is not None:
            return real
        root = chain[-1] if line is None else next(link for link in chain if problems.has_frame(link, self.problem.path))
        return Failure("untraceable", f"tracing raised {describe(root)}", line, file, trace)

    def real_failure(self):
        """Runs small problems for real: what raises then is a mistake in the problem. None if it runs or is too big to try."""
        tensors = [leaf.value for leaf in Inputs(self.model, self.arguments).leaves if leaf.kind == "tensor"]
        tensors += [*self.model.parameters(), *self.model.buffers()]
        if sum(tensor.numel() * tensor.element_size() for tensor in tensors) > _SMALL:
            return None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.problem.build().train(self.mode == "train")(*self.problem.inputs())
        except Exception as error:
            failure = failure_from(error, "raised", self.problem.path)
            failure.message = one_line(f"forward raised {failure.message}")
            return failure
        return None


_SMALL = 64 << 20  # bytes up to which a problem is run for real to explain a failure

_VALUE_ERRORS = {"DataDependentOutputException", "DynamicOutputShapeException", "GuardOnDataDependentSymNode",
                 "UserErrorType", "PendingUnbackedSymbolNotFound"}


def causes(error):
    """Yields an exception and what caused it, outermost first."""
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


class Recorder(TorchDispatchMode):
    """Notes each operator call with its arguments' types, and which tensors were read."""

    def __init__(self):
        super().__init__()
        self.calls, self.read = [], set()

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        leaves = torch.utils._pytree.tree_leaves((args, kwargs))
        self.calls.append((str(function), [(tuple(leaf.shape), leaf.dtype) if isinstance(leaf, torch.Tensor) else repr(leaf)
                                           for leaf in leaves]))
        self.read.update(id(leaf) for leaf in leaves if isinstance(leaf, torch.Tensor))
        return function(*args, **kwargs)


def constant_names(state):
    """{id of a tensor that nothing can replace: (where it lives, its name there)}"""
    fixed = [attribute for attribute in state.attributes if attribute.container is None]
    return {**{id(attribute.tensor): ("global", attribute.name.removeprefix(f"{GLOBAL}.")) for attribute in state.globals},
            **{id(attribute.tensor): ("attribute", attribute.name) for attribute in fixed}}


def storage_key(tensor):
    return tensor.untyped_storage()._cdata


def output_types(graph):
    values = {value["name"]: value for value in graph["values"]}
    return [{**values[output["value"]], "name": None} for output in graph["outputs"]]


def _variable(name):
    return name.removeprefix(f"{GLOBAL}.") if name.startswith(f"{GLOBAL}.") else f"self.{name}"


def _show(value):
    return "nothing" if value is missing else "a tensor" if isinstance(value, torch.Tensor) else one_line(repr(value), 60)


def decompositions(program):
    """PyTorch's decompositions, without those of the operators that stay whole."""
    table = torch.export.default_decompositions()
    running = any(str(node.target) == "aten.instance_norm.default" and len(node.args) > 3 and node.args[3] is not None
                  for node in program.graph.nodes)
    for function in list(table):
        name = function._schema.name
        if name.startswith("aten::") and name[6:] in _KEPT and not function._schema.is_mutable:
            if name == "aten::instance_norm" and running:
                continue  # whole, it would update running statistics without saying so
            table.pop(function)
    table[torch.ops.aten.copy.default] = _copy
    return table


def _copy(self, src, non_blocking=False):
    """What functionalization makes of `self.copy_(src)`: the source in the destination's type."""
    result = src if src.dtype == self.dtype else src.to(self.dtype)
    result = result if result.shape == self.shape else result.expand(self.shape)
    return result.contiguous() if self.is_contiguous() else result


@contextlib.contextmanager
def _quiet():
    """Silences what export says about its insides, and PyTorch's fused inference paths, which hide operators."""
    fast_path, logged = torch.backends.mha.get_fastpath_enabled(), logging.root.manager.disable
    torch.backends.mha.set_fastpath_enabled(False)
    logging.disable(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Without a GPU autocast would do nothing and say only this: the graph would be another program's.
            warnings.filterwarnings("error", message=".*CUDA is not available.*[Dd]isabling")
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)
        logging.disable(logged)
