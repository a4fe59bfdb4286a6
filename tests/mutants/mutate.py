"""Makes mutants of a Triton program: one small change each, found on Python's own syntax tree and made in the text.

Everything is deterministic: the same source and seed give the same mutants. A change is made inside `@triton.jit` functions, or
to a launch in the functions around them, and never in a composed program's construction zone.
"""

from __future__ import annotations

import ast
import dataclasses
import random
import re

ZONE = re.compile(r"^# --- (forward zone|self-test) ---", re.M)
FROM_A_TEMPLATE = "_strided_copy_kernel"  # copies inputs that came with other strides; the same in every composed program


@dataclasses.dataclass(frozen=True)
class Mutant:
    kind: str  # the class of the change: a key of KINDS
    line: int
    change: str  # "`offsets < count` -> `offsets < count - 1`"
    source: str


KINDS = {}  # class of change → generator of (node, new text)


def kind(function):
    KINDS[function.__name__] = function
    return function


class Kernel:
    """One `@triton.jit` function, with what the classes of changes ask about it."""

    def __init__(self, text, tree, single_precision):
        self.text = text
        self.tree = tree
        self.single_precision = single_precision
        self.nodes = [node for statement in tree.body for node in ast.walk(statement)]
        self.parameters = [one.arg for one in tree.args.args]

    def of(self, *types):
        return (node for node in self.nodes if isinstance(node, types))

    def calls(self, *names):
        """Calls of `tl.NAME`; each with its name."""
        for node in self.of(ast.Call):
            if isinstance(node.func, ast.Attribute) and _root(node.func) == "tl" and node.func.attr in names:
                yield node.func.attr, node

    def loops(self):
        return (node for node in self.of(ast.For) if isinstance(node.iter, ast.Call) and _last_name(node.iter.func) == "range")


def _root(node):
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _last_name(node):
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _names(node):
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _is_number(node, *values):
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and (not values or node.value in values)


BOUNDARIES = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">"}


def _comparisons(kernel):
    return (node for node in kernel.of(ast.Compare) if len(node.ops) == 1 and type(node.ops[0]) in BOUNDARIES)


@kind
def mask_less_one(kernel):
    for node in _comparisons(kernel):
        yield node.comparators[0], f"({kernel.text(node.comparators[0])} - 1)"


@kind
def mask_plus_one(kernel):
    for node in _comparisons(kernel):
        yield node.comparators[0], f"({kernel.text(node.comparators[0])} + 1)"


@kind
def boundary(kernel):
    for node in _comparisons(kernel):
        yield node, f"{kernel.text(node.left)} {BOUNDARIES[type(node.ops[0])]} {kernel.text(node.comparators[0])}"


@kind
def mask_dropped(kernel):
    for _, node in kernel.calls("load", "store"):
        kept = [kernel.text(one) for one in node.args[:1 if node.func.attr == "load" else 2]]
        rest = [kernel.text(one) for one in node.keywords if one.arg not in ("mask", "other")]
        if len(node.args) + len(node.keywords) > len(kept) + len(rest):
            yield node, f"{kernel.text(node.func)}({', '.join(kept + rest)})"


@kind
def identity_changed(kernel):
    """The identity of a maximum, -inf, becomes 0."""
    for node in kernel.nodes:
        if isinstance(node, (ast.Call, ast.UnaryOp)) and kernel.text(node).replace("'", '"') in ('-float("inf")', 'float("-inf")'):
            yield node, "0.0"


@kind
def other_changed(kernel):
    for _, node in kernel.calls("load"):
        for one in node.keywords:
            if one.arg == "other":
                yield one.value, "1.0" if _is_number(one.value, 0) else "0.0"


@kind
def axis_changed(kernel):
    for _, node in kernel.calls("sum", "max", "min", "reduce", "argmax", "cumsum"):
        axes = [one.value for one in node.keywords if one.arg == "axis"] + node.args[1:2]
        for axis in axes:
            if _is_number(axis, 1):
                yield axis, "0"
    for node in kernel.of(ast.Subscript):
        shape = re.sub(r"\s", "", kernel.text(node.slice))
        if shape in (":,None", "None,:"):
            yield node.slice, "None, :" if shape == ":,None" else ":, None"


@kind
def stride_changed(kernel):
    strides = [name for name in kernel.parameters
               if re.search(r"stride|step|_row$|_column$|^ld[a-z]|_[a-z]{1,2}$", name) and not name.endswith("ptr")]
    for node in kernel.of(ast.Name):
        if node.id in strides and len(strides) > 1 and isinstance(node.ctx, ast.Load):
            yield node, strides[(strides.index(node.id) + 1) % len(strides)]


@kind
def step_dropped(kernel):
    """`x = f(x, …)` is left out: an epilogue, a scale, a rescaling of the accumulator, an update."""
    for node in kernel.of(ast.Assign):
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id in _names(node.value):
            yield node, "pass"
    for node in kernel.of(ast.AugAssign):
        yield node, "pass"


@kind
def accumulate_dropped(kernel):
    for node in kernel.of(ast.AugAssign):
        if isinstance(node.op, ast.Add):
            yield node, f"{kernel.text(node.target)} = {kernel.text(node.value)}"
    for _, node in kernel.calls("dot"):
        if len(node.args) == 3:
            yield node.args[2], f"{kernel.text(node.args[2])} * 0.0"


@kind
def operands_swapped(kernel):
    for node in kernel.of(ast.BinOp):
        if isinstance(node.op, (ast.Sub, ast.Div, ast.FloorDiv, ast.Mod)):
            yield node, f"({kernel.text(node.right)}) {_symbol(node.op)} ({kernel.text(node.left)})"
    for name, node in kernel.calls("where", "dot"):
        first = 1 if name == "where" else 0
        texts = [kernel.text(one) for one in node.args + node.keywords]
        if len(node.args) >= first + 2 and texts[first] != texts[first + 1]:
            texts[first], texts[first + 1] = texts[first + 1], texts[first]
            yield node, f"{kernel.text(node.func)}({', '.join(texts)})"


def _symbol(operator):
    return {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%"}[type(operator)]


@kind
def sign_flipped(kernel):
    for node in kernel.of(ast.BinOp):
        if isinstance(node.op, (ast.Add, ast.Sub)):
            yield node, f"{kernel.text(node.left)} {'-' if isinstance(node.op, ast.Add) else '+'} {_group(kernel, node.right)}"
    for node in kernel.of(ast.UnaryOp):
        if isinstance(node.op, ast.USub) and "inf" not in kernel.text(node):
            yield node, kernel.text(node.operand)


def _group(kernel, node):
    return kernel.text(node) if isinstance(node, (ast.Name, ast.Constant, ast.Call)) else f"({kernel.text(node)})"


@kind
def term_dropped(kernel):
    for node in kernel.of(ast.BinOp):
        if isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
            yield node, kernel.text(node.left)


@kind
def constant_changed(kernel):
    for node in kernel.of(ast.Constant):
        if type(node.value) is float and node.value not in (0.0, float("inf")):
            yield node, repr(node.value * 1.01)
        elif type(node.value) is int and node.value > 1:
            yield node, str(node.value + 1)


@kind
def function_changed(kernel):
    other = {"exp": "exp2", "exp2": "exp", "log": "log2", "log2": "log", "sqrt": "rsqrt", "rsqrt": "sqrt", "max": "min",
             "min": "max", "sum": "max", "maximum": "minimum", "minimum": "maximum", "sin": "cos", "sigmoid": "exp"}
    for name, node in kernel.calls(*other):
        yield node.func, f"tl.{other[name]}"


@kind
def program_changed(kernel):
    used = [node.args[0].value for _, node in kernel.calls("program_id") if node.args and _is_number(node.args[0])]
    for _, node in kernel.calls("program_id"):
        others = [axis for axis in sorted(set(used)) if node.args and not _is_number(node.args[0], axis)]
        if others and len(set(used)) > 1:
            yield node.args[0], str(others[0])
        yield node, f"({kernel.text(node)} // 2)"


@kind
def loop_shortened(kernel):
    for node in kernel.loops():
        bounds = node.iter.args
        if len(bounds) == 1:
            yield bounds[0], f"{kernel.text(bounds[0])} - 1"
            yield bounds[0], f"1, {kernel.text(bounds[0])}"
        else:
            step = kernel.text(bounds[2]) if len(bounds) == 3 else "1"
            yield bounds[0], f"{kernel.text(bounds[0])} + {step}"
            yield bounds[1], f"{kernel.text(bounds[1])} - {step}"


@kind
def precision_lowered(kernel):
    """A value on its way through float32 work is rounded to 16 bits."""
    if not kernel.single_precision:
        return
    wanted = [node for name, node in kernel.calls("load", "dot", "sum", "exp", "exp2", "sqrt", "rsqrt", "sigmoid")
              if not re.search(r"int|bool|index|tokens|target|count", kernel.text(node))]
    wanted += [node.args[1] for _, node in kernel.calls("store") if len(node.args) > 1]
    for node in wanted:
        for narrow in ("float16", "bfloat16"):
            yield node, f"({kernel.text(node)}).to(tl.{narrow}).to(tl.float32)"


@kind
def accumulator_narrowed(kernel):
    """The accumulator of a loop holds 16 bits."""
    if not kernel.single_precision:
        return
    for loop in kernel.of(ast.For):
        for node in ast.walk(loop):
            if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add) and "ptr" not in kernel.text(node.target):
                total, term = kernel.text(node.target), kernel.text(node.value)
                yield node, f"{total} = ({total} + ({term})).to(tl.bfloat16).to(tl.float32)"


def launch_dropped(functions, text):
    """A launch that is not the only one of its function is left out."""
    for function in functions:
        launches = [node for node in ast.walk(function) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
                    and isinstance(node.value.func, ast.Subscript)]
        if len(launches) > 1:
            for node in launches:
                yield node, "pass"


def is_kernel(node):
    return isinstance(node, ast.FunctionDef) and any("triton.jit" in ast.unparse(one) for one in node.decorator_list)


def all_mutants(source, single_precision):
    """Returns every mutant of a source, in order of class and place. `single_precision`: all its floats are float32."""
    raw = source.encode()
    starts = [0]
    for line in raw.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def span(node):
        return starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset

    def text(node):
        start, end = span(node)
        return raw[start:end].decode()

    zones = [source[: mark.start()].count("\n") + 1 for mark in ZONE.finditer(source)] or [0, len(starts)]
    definitions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)
                   and zones[0] < node.lineno < zones[-1] and node.name != FROM_A_TEMPLATE]
    kernels = [Kernel(text, node, single_precision) for node in definitions if is_kernel(node)]
    edits = [(name, node, new) for name, make in KINDS.items() for kernel in kernels for node, new in make(kernel)]
    edits += [("launch_dropped", node, new)
              for node, new in launch_dropped([node for node in definitions if not is_kernel(node)], text)]
    made, seen = [], {source}
    for name, node, new in edits:
        start, end = span(node)
        changed = (raw[:start] + new.encode() + raw[end:]).decode()
        try:
            ast.parse(changed)
        except SyntaxError:
            continue
        if changed not in seen:
            seen.add(changed)
            made.append(Mutant(name, node.lineno, f"`{_line(text(node))}` -> `{_line(new)}`", changed))
    return made


def _line(text):
    return re.sub(r"\s+", " ", text)


def choose(mutants, count, seed):
    """Takes `count` of one source's mutants: classes in turn, so that rare ones are not lost."""
    draw = random.Random(seed)
    classes = {}
    for mutant in mutants:
        classes.setdefault(mutant.kind, []).append(mutant)
    queues = [draw.sample(group, len(group)) for _, group in sorted(classes.items())]
    draw.shuffle(queues)
    chosen = []
    while len(chosen) < count and any(queues):
        for queue in queues:
            if queue and len(chosen) < count:
                chosen.append(queue.pop())
    return chosen
