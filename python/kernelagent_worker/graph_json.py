"""Turns an exported program into the graph of docs/PROTOCOL.md: flat, named, complete, and free of what only exporting needs."""

from __future__ import annotations

import linecache
import math
import operator
import os
import re

import torch

from kernelagent_worker.protocol import Failure
from kernelagent_worker.standins import ATEN_NAMES

_FRAME = re.compile(r'^\s*File "([^"]+)", line (\d+), in ', re.MULTILINE)
_LARGEST_LITERAL = 1 << 16  # elements of a constant that are written into the graph

# Operators that hand their first argument through, values and memory alike.
_IDENTITIES = {"aten.alias.default", "aten.detach.default", "aten.lift_fresh_copy.default"}
# Operators that fill a tensor with a number, and the number's position: written as aten.full, which depends on no tensor.
_FILLS = {"aten.full_like.default": 1, "aten.scalar_tensor.default": 0}
# Checks of facts that are constant in a graph of exact shapes.
_CHECKS = {"aten._assert_tensor_metadata.default", "aten._assert_scalar.default", "aten._assert_async.msg",
           "aten._assert_async.default", "aten.sym_constrain_range.default", "aten.sym_constrain_range_for_size.default"}


class Writer:
    """Builds the graph of one exported program. `interface.Flat` made its inputs and outputs."""

    def __init__(self, program, call, problem_path, mode, tied, constant_names):
        self.constant_names = constant_names  # {id of a tensor: ("attribute" or "global", name)}
        self.tied = tied  # {second name of a parameter or buffer: its first name}
        self.program = program
        self.call = call
        self.path = problem_path
        self.names = {}  # fx node -> value name, or list of names for several results
        self.replacements = {}  # fx node -> fx node that it hands through
        self.taken = set()
        self.values = []
        self.nodes = []
        self.warnings = []
        self.literals = {}  # fx placeholder of a constant that became a node -> its tensor
        self.graph = {"format": "kernelagent-graph", "version": 1, "name": "Model", "mode": mode}

    def write(self):
        """Returns the graph's JSON."""
        self.needed = self._needed()
        placeholders = {node.name: node for node in self.program.graph.nodes if node.op == "placeholder"}
        inputs = self._inputs(placeholders)
        for node in self.program.graph.nodes:
            if node.op == "placeholder" and node in self.literals and node in self.needed:
                self._literal(node)
            elif node.op == "call_function" and node in self.needed:
                self._call_function(node)
        self.graph.update(inputs=inputs, values=self.values, nodes=self.nodes, outputs=self._outputs(),
                          output_tree=self.call.tree)
        return self.graph

    # --- Inputs ---

    def _inputs(self, placeholders):
        slots, state = [], []
        for spec in self.program.graph_signature.input_specs:
            kind = spec.kind.name
            if kind == "USER_INPUT":
                slots.append(placeholders[spec.arg.name])
            else:
                state.append((kind, spec, placeholders.get(spec.arg.name)))
        inputs = [self._user_input(leaf, slots) for leaf in self.call.inputs.leaves]
        values, later = {}, []
        for kind, spec, node in state:
            name = spec.target.removeprefix("model.") if spec.target else spec.arg.name
            if name in self.tied:
                later.append((node, self.tied[name]))
            elif kind in ("PARAMETER", "BUFFER"):
                entry = {"kind": kind.lower(), "name": name, "value": self._define(node, f"{kind[0].lower()}_{name}")}
                if kind == "BUFFER":
                    entry["persistent"] = bool(spec.persistent)
                inputs.append(entry)
                values[name] = entry["value"]
            elif kind == "CONSTANT_TENSOR":
                inputs.extend(self._constant(name, node, spec.target))
            else:
                raise Failure("untraceable", f"the program uses a {kind.lower()} as an input ({name})")
        for node, name in later:
            self.names[node] = values[name]
        written = self._mutated_slots(slots)
        for attribute in self.call.attributes:
            node = slots[attribute.slot]
            if node in self.names:  # the same tensor under a second name
                value = self.names[node]
            else:
                value = self._define(node, f"a_{attribute.name}")
            kind = "attribute" if attribute.slot in written or ("attribute", attribute.name) in self.call.replaced else "constant"
            entry = {"kind": kind, "name": attribute.name, "value": value}
            if kind == "constant":
                entry["source"] = "attribute"
            inputs.append(entry)
        self.slots = slots
        return inputs

    def _user_input(self, leaf, slots):
        """A tensor, or a scalar. What only Python can use is a baked scalar whose value has no readers."""
        if leaf.kind == "tensor":
            node = slots[leaf.slot]
            value = self.names[node] if node in self.names else self._define(node, leaf.name)
            return {"kind": "tensor", "name": leaf.name, "value": value}
        entry = {"kind": "scalar", "name": leaf.name, "scalar_type": leaf.scalar_type, "baked": leaf.slot < 0}
        if leaf.slot >= 0:
            entry["value"] = self._define(slots[leaf.slot], leaf.name)
        else:
            dtype = {"float": "float64", "int": "int64"}.get(leaf.scalar_type, "bool")
            entry["value"] = self._name(leaf.name)
            self.values.append({"name": entry["value"], "dtype": dtype, "shape": [], "stride": [], "offset": 0})
        example = leaf.value if leaf.kind == "scalar" or isinstance(leaf.value, (str, type(None))) else repr(leaf.value)
        entry["example"] = number(example) if isinstance(example, float) else example
        return entry

    def _mutated_slots(self, slots):
        names = {node.name: index for index, node in enumerate(slots)}
        return {names[spec.target] for spec in self.program.graph_signature.output_specs
                if spec.kind.name == "USER_INPUT_MUTATION"}

    def _held(self, target):
        value = self.program.constants.get(target)
        return value if value is not None else self.program.state_dict.get(target)

    def _known(self, target):
        """Returns a constant's tensor if it has values."""
        value = self._held(target)
        if isinstance(value, torch.Tensor) and type(value) in (torch.Tensor, torch.nn.Parameter):
            return value.detach()
        return None

    def _constant(self, name, node, target):
        """A tensor that forward reads but nothing changes. One repeated number becomes an `aten.full` node instead."""
        tensor = self._known(target)
        small = tensor is not None and tensor.numel() <= _LARGEST_LITERAL
        source, name = self.constant_names.get(id(self._held(target)), ("literal", name))
        if source == "global" and small:
            source = "literal"  # nothing in the model leads to it, so its values must stand here
        if source == "literal" and small and uniform(tensor):
            self.literals[node] = tensor
            return []
        entry = {"kind": "constant", "name": name, "value": self._define(node, f"c_{name}"), "source": source}
        if source != "literal":
            return [entry]
        if small:
            entry["example"] = [number(item) for item in tensor.flatten().tolist()]
        else:
            self.warnings.append(f"the values of the constant {name} are not in the graph")
        return [entry]

    def _literal(self, node):
        name = self._define(node, node.name.replace("c_model_", "c_"))
        value = number(self.literals[node].flatten()[0].item())
        self.nodes.append({"name": name, **self._fill(node, value), "outputs": [name], **self._place(next(iter(node.users), node))})

    @staticmethod
    def _fill(node, value):
        result = node.meta["val"]
        return {"op": "aten.full.default",
                "arguments": {"size": list(result.shape), "fill_value": value, "dtype": {"dtype": dtype_name(result.dtype)},
                              "layout": None, "device": None, "pin_memory": None}}

    def _is_fill(self, node):
        """True if `aten.full`, which makes contiguous tensors, makes this one."""
        return node.op == "call_function" and str(node.target) in _FILLS and node.meta["val"].is_contiguous()

    # --- Nodes ---

    def _resolve(self, node):
        while node in self.replacements:
            node = self.replacements[node]
        return node

    def _needed(self):
        """Returns the fx nodes that outputs depend on, after looking through identities."""
        constants = {spec.arg.name for spec in self.program.graph_signature.input_specs if spec.kind.name == "CONSTANT_TENSOR"}
        for node in self.program.graph.nodes:
            op = str(node.target) if node.op == "call_function" else ""
            if op in _IDENTITIES or (op == "aten.clone.default" and node.args[0].name in constants):
                self.replacements[node] = node.args[0]
        needed, stack = set(), [argument for node in self.program.graph.nodes if node.op == "output"
                                for argument in node.all_input_nodes]
        while stack:
            node = self._resolve(stack.pop())
            if node not in needed:
                needed.add(node)
                if not self._is_fill(node):
                    stack.extend(node.all_input_nodes)
        return needed

    def _call_function(self, node):
        if node.target is operator.getitem:
            self.names[node] = self._results(node.args[0])[node.args[1]]
            return
        if not isinstance(node.target, torch._ops.OpOverload):
            raise self._untraceable(node, f"the program uses {_target_name(node)}, which is not an ATen operator")
        op = str(node.target)
        if op in _CHECKS:
            return
        if self._is_fill(node):
            operation = self._fill(node, self._encode(node, node.args[_FILLS[op]]))
        else:
            operation = {"op": ATEN_NAMES.get(op, op), "arguments": self._arguments(node)}
        if op in ("aten.view.default", "aten.expand.default"):
            operation["arguments"]["size"] = [int(size) for size in node.meta["val"].shape]  # no -1
        self.nodes.append({"name": self._name(node.name, reserve=False), **operation, "outputs": self._define_results(node),
                           **self._place(node)})

    def _results(self, node):
        names = self.names[self._resolve(node)]
        return names if isinstance(names, list) else [names]

    def _define_results(self, node):
        result = node.meta.get("val")
        if isinstance(result, torch.Tensor):
            return [self._define(node, node.name)]
        if not isinstance(result, (list, tuple)):
            raise self._value_dependent(node)
        used = {user.args[1] for user in node.users if user.target is operator.getitem and user in self.needed}
        names = []
        for index, item in enumerate(result):
            if index in used and isinstance(item, torch.Tensor):
                names.append(self._value(f"{node.name}_{index}", item, node))
            else:
                names.append(None)
        self.names[node] = names
        return names

    def _arguments(self, node):
        """Returns the arguments in schema order, defaults filled in."""
        schema = node.target._schema
        arguments = {}
        for index, parameter in enumerate(schema.arguments):
            if index < len(node.args):
                value = node.args[index]
            elif parameter.name in node.kwargs:
                value = node.kwargs[parameter.name]
            else:
                value = parameter.default_value if parameter.has_default_value() else None
            arguments[parameter.name] = self._argument(node, value, parameter)
        return arguments

    def _argument(self, node, value, parameter):
        kind = str(parameter.type).removeprefix("Optional[").removesuffix("]")
        if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        count = getattr(parameter, "N", None)
        if kind.startswith("List[int") and isinstance(value, int):
            value = [value]
        if kind.startswith("List[int") and isinstance(value, (list, tuple)) and count and len(value) == 1:
            value = list(value) * count
        return self._encode(node, value)

    def _encode(self, node, value):
        if isinstance(value, torch.fx.Node):
            names = self.names[self._resolve(value)]
            return [{"ref": name} for name in names] if isinstance(names, list) else {"ref": names}
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, float):
            return number(value)
        if isinstance(value, (list, tuple)):
            return [self._encode(node, item) for item in value]
        if isinstance(value, torch.dtype):
            return {"dtype": dtype_name(value)}
        if isinstance(value, (torch.layout, torch.memory_format)):
            return str(value).removeprefix("torch.")
        if isinstance(value, torch.device):
            return None
        if isinstance(value, complex):
            raise self._untraceable(node, f"{node.target} takes a complex number")
        return str(value)

    # --- Outputs ---

    def _outputs(self):
        outputs, changed, index = [], [], 0
        slots = {node.name: position for position, node in enumerate(self.slots)}
        owners = {leaf.slot: (leaf.kind, leaf.name) for leaf in reversed(self.call.inputs.leaves) if leaf.slot >= 0}
        owners.update({attribute.slot: ("attribute", attribute.name) for attribute in reversed(self.call.attributes)})
        results = next(node for node in self.program.graph.nodes if node.op == "output").args[0]
        for spec, node in zip(self.program.graph_signature.output_specs, results):
            kind, target = spec.kind.name, None
            if kind == "USER_OUTPUT":
                if index >= self.call.output_count:
                    target = self.call.replaced[index - self.call.output_count]
                index += 1
            elif kind in ("BUFFER_MUTATION", "PARAMETER_MUTATION", "USER_INPUT_MUTATION"):
                name = spec.target.removeprefix("model.")
                target = (owners[slots[spec.target]] if kind == "USER_INPUT_MUTATION"
                          else (kind.split("_")[0].lower(), self.tied.get(name, name)))
                if target in self.call.replaced:
                    continue  # what forward wrote into a tensor before replacing it is gone
            else:
                raise Failure("untraceable", f"the program has a {kind.lower()} output")
            if target is None:
                outputs.append({"kind": "user", "value": self._ref(node)})
            else:
                changed.append({"kind": "mutation", "value": self._ref(node), "target": target[1], "target_kind": target[0]})
        return outputs + changed

    def _ref(self, node):
        if not isinstance(node, torch.fx.Node):
            raise Failure("untraceable", f"forward returns {node!r} in place of a tensor")
        return self.names[self._resolve(node)]

    # --- Names, types, places ---

    def _name(self, wanted, reserve=True):
        """Returns an identifier that no other value has."""
        name = re.sub(r"\W", "_", wanted)
        name = name if re.match(r"[A-Za-z_]", name) else f"v_{name}"
        unique, count = name, 1
        while reserve and unique in self.taken:
            unique, count = f"{name}_{count}", count + 1
        if reserve:
            self.taken.add(unique)
        return unique

    def _define(self, node, wanted):
        name = self._value(wanted, node.meta["val"], node)
        self.names[node] = name
        return name

    def _value(self, wanted, tensor, node):
        if tensor.is_sparse or tensor.layout is not torch.strided:
            raise self._untraceable(node, f"{wanted} is a {dtype_name(tensor.layout)} tensor")
        sizes = [*tensor.shape, *tensor.stride(), tensor.storage_offset()]
        if not all(isinstance(size, int) for size in sizes):
            raise self._value_dependent(node)
        name = self._name(wanted)
        self.values.append({"name": name, "dtype": dtype_name(tensor.dtype), "shape": [int(size) for size in tensor.shape],
                            "stride": [int(step) for step in tensor.stride()], "offset": int(tensor.storage_offset())})
        return name

    def _place(self, node):
        """The module and the user's line a node comes from, as fields of the node."""
        fields = {}
        stack = node.meta.get("nn_module_stack")
        if stack:
            path = list(stack.values())[-1][0]
            path = re.sub(r"^L\['self'\]\.?", "", path)
            fields["module"] = path.removeprefix("model").removeprefix(".")
        file, line = location(node, self.path)
        if file:
            fields["location"] = {"file": os.path.basename(file), "line": line, "text": linecache.getline(file, line).strip()}
        return fields

    def _value_dependent(self, node):
        file, line = location(node, self.path)
        return self._untraceable(node, dependence(linecache.getline(file, line).strip() if file else ""))

    def _untraceable(self, node, message):
        file, line = location(node, self.path)
        return Failure("untraceable", message, line=line, file=file)


def location(node, path):
    """Returns (file, line) of the innermost frame in the user's file, else of the innermost one outside torch and this package."""
    frames = [(file, int(line)) for file, line in _FRAME.findall(node.meta.get("stack_trace") or "")]
    own = os.path.dirname(os.path.abspath(__file__))
    library = os.path.dirname(torch.__file__)
    for wanted in (lambda file: file == path, lambda file: not file.startswith((own, library))):
        for file, line in reversed(frames):
            if wanted(file):
                return file, line
    return None, None


def dependence(text):
    """Says how the user's line `text` depends on the values of tensors."""
    if text.startswith(("if ", "elif ", "while ", "assert ")) or " if " in text:
        return f"control flow depends on the values of a tensor: {text}"
    if re.search(r"\.(item|tolist|numpy)\(|\b(int|float|bool|range)\(", text):
        return f"Python reads the values of a tensor: {text}"
    return f"the shape of a result, or control flow, depends on the values of a tensor: {text}".rstrip(": ")


def _target_name(node):
    return str(getattr(node.target, "__name__", node.target)) if node.op == "call_function" else node.name


def number(value):
    """Writes a Python number so that JSON keeps its kind and value."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": "nan" if math.isnan(value) else "inf" if value > 0 else "-inf"}
    return value


def uniform(tensor):
    """True if all elements are the same number (NaN is the same as NaN; 0.0 and -0.0 are not)."""
    return not tensor.is_complex() and len({repr(item) for item in tensor.flatten().tolist()}) == 1


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")
