"""The table of foreign attributes knows the installed torch, triton and Python."""
import pathlib
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

import foreign_attributes  # noqa: E402


# In a process of its own: this one may hold Triton's interpreter as the worker mends it. Names that begin with _ are refused by another rule.
MISSING = "import foreign_attributes as f; print(*sorted(n for n in f.foreign_attributes() - f.table() if not n.startswith('_')))"


def test_the_table_is_complete():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", MISSING], cwd=pathlib.Path(__file__).parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert not done.stdout.split(), "run tests/python/foreign_attributes.py --update, and read what is new"


def test_the_table_is_sorted():
    names = foreign_attributes.TABLE.read_text().split()
    assert names == sorted(set(names))


def test_it_holds_what_leads_around_the_rules():
    leads = {"_evaluate", "get_capture_scope", "handle", "_make_subclass", "_unsafe_update_src", "add_pre_run_hook", "used_global_vals",
             "inspect", "sys", "modules", "obj", "fget", "gi_frame", "tb_frame", "detach", "matmul", "pre_hook", "fn", "asm"}
    assert not leads - foreign_attributes.table()
