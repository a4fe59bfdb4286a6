"""Writes docs/OPERATORS.md: the operator table, with the element types that test_ops_table.py tries for each row.

    KERNELAGENT_BIN=build/release/kernelagent PYTHONPATH=python "$KERNELAGENT_PYTHON" tests/ops/page.py
"""
import json
import pathlib
import subprocess
import warnings

import torch
from emitted import binary
from samples import ALL, Maker, load_all
from single import Single, find

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/OPERATORS.md"
SHORT = {"float32": "f32", "float16": "f16", "bfloat16": "bf16", "float64": "f64", "int64": "i64", "int32": "i32", "int8": "i8", "uint8": "u8", "bool": "bool"}
HEAD = """# Operators

What becomes of an ATen operator: `kernelagent ops` prints the first column, `kernelagent ops PART` looks one up. This page is written by
tests/ops/page.py from the table of the program (src/ops/drawer/) and from the samples in tests/ops/; a test fails while it is out of date.

A composite is rewritten into the others before anything is planned. {emitted} operators are emitted and {refused} are known and refused, each with
its reason; one that is in neither table has no row, and `kernelagent route` names it with its line. With a model, subgraphs of refused operators
are left to it.

A dot: small samples of the operator in that element type are computed as PyTorch {torch} computes them, decomposed and as Triton kernels, where
`*` stands also for NaN, infinities and signed zeros among the operands. No dot: not tried, PyTorch's CPU lacks it, or it is refused with the
type named. `./dev test` tries one or two types of each row, `./dev test --long` all, and compiles every kernel for sm_90.

"""


def tried(entry, name):
    """The element types in which PyTorch computes any of the samples."""
    for dtype in ALL:
        if dtype not in entry.dtypes:
            continue
        for build in entry.calls:
            arguments, keywords = build(Maker(dtype))
            try:
                Single(name, arguments, keywords, entry.outputs)
            except (RuntimeError, NotImplementedError):
                continue
            yield dtype
            break


def core_operators():
    """Names of the operators that PyTorch tags as core ATen."""
    for name in torch._C._dispatch_get_all_op_names():
        space, _, rest = name.partition("::")
        base, _, overload = rest.partition(".")
        if space == "aten":
            found = getattr(getattr(torch.ops.aten, base, None), overload or "default", None)
            if found is not None and torch.Tag.core in found.tags:
                yield f"aten.{base}.{overload or 'default'}"


def why_absent(name):
    if "backward" in name:
        return "a derivative: programs are traced without gradients"
    if ".sym_" in name or name == "aten.resize_.default":
        return "asks or changes a shape; traced shapes are numbers"
    if name.endswith(".out"):
        return "writes into a given tensor; tracing turns it into the form that returns one"
    return "not written yet"


def page():
    done = subprocess.run([binary(), "ops", "--json"], capture_output=True, text=True, check=True)
    rows = {row["name"]: row for row in json.loads(done.stdout) if row["name"].startswith("aten.")}
    emitted = {name: row for name, row in rows.items() if not row["reason"]}
    refused = {name: row for name, row in rows.items() if row["reason"]}
    version = ".".join(torch.__version__.split(".")[:2])
    lines = [HEAD.format(emitted=len(emitted), refused=len(refused), torch=version)]
    samples = load_all()
    lines.append("## Emitted\n| operator | how | " + " | ".join(SHORT[dtype] for dtype in ALL) + " |\n|---|---|" + "---|" * len(ALL) + "\n")
    for name, row in emitted.items():
        entry = samples[name]
        good = set(tried(entry, name)) if find(name) is not None else set()
        marks = ("" if dtype not in good else "*" if dtype in entry.special else "•" for dtype in ALL)
        lines.append(f"| `{name[5:]}` | {row['how']} | " + " | ".join(marks) + " |\n")
    lines.append("\n## Refused\n| operator | why, and what to do |\n|---|---|\n")
    lines += [f"| `{name[5:]}` | {row['reason']} |\n" for name, row in refused.items()]
    core = sorted(core_operators())
    absent = [name for name in core if name not in rows]
    lines.append(f"\n## Core ATen\nOf the {len(core)} operators that PyTorch {version} tags as core, {sum(name in emitted for name in core)} are emitted, "
                 f"{sum(name in refused for name in core)} are refused (above), and these have no row:\n\n| operator | why |\n|---|---|\n")
    lines += [f"| `{name[5:]}` | {why_absent(name)} |\n" for name in absent]
    return "".join(lines)


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    PAGE.write_text(page())
