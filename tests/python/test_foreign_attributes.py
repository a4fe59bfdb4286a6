"""The table of foreign attributes knows the installed torch, triton and Python."""
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

import foreign_attributes  # noqa: E402


@pytest.mark.filterwarnings("ignore")
def test_the_table_is_complete():
    missing = sorted(foreign_attributes.foreign_attributes() - foreign_attributes.table())
    assert not missing, "run tests/python/foreign_attributes.py --update, and read what is new"


def test_the_table_is_sorted():
    names = foreign_attributes.TABLE.read_text().split()
    assert names == sorted(set(names))


def test_it_holds_what_leads_around_the_rules():
    leads = {"_evaluate", "get_capture_scope", "handle", "_make_subclass", "_unsafe_update_src", "add_pre_run_hook", "used_global_vals",
             "inspect", "sys", "modules", "obj", "fget", "gi_frame", "tb_frame", "detach", "matmul", "pre_hook", "fn", "asm"}
    assert not leads - foreign_attributes.table()
