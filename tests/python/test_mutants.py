"""Mutants of accepted kernels (tests/mutants/): how they are made, how equivalent ones are found, and a sample that the judge sees.

All of them are judged by test_mutants_long.py.
"""

import pathlib
import random
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/mutants"))

import measure  # noqa: E402
import mutate  # noqa: E402

KERNEL = '''
@triton.jit
def kernel(x_ptr, y_ptr, x_row, y_row, count, BLOCK: tl.constexpr):
    row = tl.program_id(1)
    total = 0.0
    for start in range(0, count, BLOCK):
        offsets = start + tl.arange(0, BLOCK)[:, None]
        total += tl.sum(tl.load(x_ptr + offsets, mask=offsets < count, other=0.0), axis=1)
    total = total * 0.5
    tl.store(y_ptr + row * y_row, tl.where(total < 1, total, -total))


def kernel_function(x):
    kernel[(1,)](x)
    kernel[(2,)](x)
'''


def changes(kind, source=KERNEL, single_precision=True):
    return [mutant.change for mutant in mutate.all_mutants(source, single_precision) if mutant.kind == kind]


@pytest.mark.parametrize("kind,change", [
    ("mask_less_one", "`count` -> `(count - 1)`"),
    ("mask_plus_one", "`count` -> `(count + 1)`"),
    ("boundary", "`offsets < count` -> `offsets <= count`"),
    ("mask_dropped", "`tl.load(x_ptr + offsets, mask=offsets < count, other=0.0)` -> `tl.load(x_ptr + offsets)`"),
    ("other_changed", "`0.0` -> `1.0`"),
    ("axis_changed", "`1` -> `0`"),
    ("axis_changed", "`:, None` -> `None, :`"),
    ("stride_changed", "`y_row` -> `x_row`"),
    ("step_dropped", "`total = total * 0.5` -> `pass`"),
    ("accumulate_dropped", "`total += tl.sum(tl.load(x_ptr + offsets, mask=offsets < count, other=0.0), axis=1)`"
                           " -> `total = tl.sum(tl.load(x_ptr + offsets, mask=offsets < count, other=0.0), axis=1)`"),
    ("operands_swapped", "`tl.where(total < 1, total, -total)` -> `tl.where(total < 1, -total, total)`"),
    ("sign_flipped", "`-total` -> `total`"),
    ("term_dropped", "`row * y_row` -> `row`"),
    ("constant_changed", "`0.5` -> `0.505`"),
    ("function_changed", "`tl.sum` -> `tl.max`"),
    ("program_changed", "`tl.program_id(1)` -> `(tl.program_id(1) // 2)`"),
    ("loop_shortened", "`count` -> `count - BLOCK`"),
    ("precision_lowered", "`tl.where(total < 1, total, -total)` -> `(tl.where(total < 1, total, -total)).to(tl.float16).to(tl.float32)`"),
    ("accumulator_narrowed", "`total += tl.sum(tl.load(x_ptr + offsets, mask=offsets < count, other=0.0), axis=1)` -> `total = (total +"
                             " (tl.sum(tl.load(x_ptr + offsets, mask=offsets < count, other=0.0), axis=1))).to(tl.bfloat16).to(tl.float32)`"),
    ("launch_dropped", "`kernel[(2,)](x)` -> `pass`"),
])
def test_classes(kind, change):
    assert change in changes(kind)


def test_identity_of_a_maximum():
    assert changes("identity_changed", KERNEL.replace("other=0.0", 'other=-float("inf")')) == ['`-float("inf")` -> `0.0`']


def test_precision_is_lowered_in_float32_work_only():
    assert changes("precision_lowered", single_precision=False) == []


def test_composed_programs_change_in_their_forward_zone_only():
    zoned = KERNEL + "\n# --- forward zone ---\n" + KERNEL + "\n# --- self-test ---\n" + KERNEL
    first, last = zoned.index("# --- forward"), zoned.index("# --- self-test")
    made = mutate.all_mutants(zoned, True)
    assert len(made) == len(mutate.all_mutants(KERNEL, True))
    assert all(one.source.startswith(zoned[:first]) and one.source.endswith(zoned[last:]) for one in made)


def test_choice_is_deterministic_and_takes_classes_in_turn():
    made = mutate.all_mutants(KERNEL, True)
    chosen = mutate.choose(made, 12, "seed")
    assert chosen == mutate.choose(mutate.all_mutants(KERNEL, True), 12, "seed")
    assert len({mutant.kind for mutant in chosen}) == 12
    assert chosen != mutate.choose(made, 12, "another seed")


def base_named(name):
    return next(base for base in measure.genuine() if base.name == name)


def test_equivalence_is_found_by_running(tmp_path):
    base = base_named("tutorial_vector_add")
    source = base.program.read_text()
    edits = {"neutral": ("x + y,", "x + y * 1.0,"), "last_bit": ("x + y,", "(x + y) * 1.0000001,"),
             "outside": ("offsets < n_elements", "offsets < n_elements + 1"), "strides": ("return add(x.contiguous()", "return add(x")}
    paths = []
    for name, (old, new) in edits.items():
        assert old in source
        paths.append(tmp_path / f"{name}.py")
        paths[-1].write_text(source.replace(old, new))
    neutral, last_bit, outside, strides = measure.compare(base, paths)
    assert neutral["equivalent"] and not neutral["reads_outside"]
    assert not last_bit["equivalent"] and last_bit["first_difference"] == "own 1"
    assert not outside["equivalent"] and outside["writes_outside"]
    assert not strides["equivalent"] and strides["first_difference"] == "rearranged"


def test_a_sample_is_rejected():
    if not measure.BINARY.exists():
        pytest.skip(f"{measure.BINARY} is not built")
    bases = random.Random(5).sample(measure.genuine(), 5)
    programs, rows = measure.run(bases, 4, seed=5)
    assert len(programs) == 5 and len(rows) >= 18
    assert [one for one in programs if "refused" in one] == []
    record = measure.summary(rows)
    assert record["rejected"] >= 12
    assert [one for one in record["survivors"] if not one["why"]] == []


def test_the_table_shows_the_record():
    done = subprocess.run([sys.executable, ROOT / "tests/mutants/margins.py", "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
