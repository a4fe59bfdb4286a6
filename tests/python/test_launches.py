"""What the candidate's process notes of launches that a CUDA graph records and replays, with a graph that only counts."""

import os

os.environ.setdefault("TRITON_INTERPRET", "1")

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("triton")

from kernelagent_worker import launches  # noqa: E402
from kernelagent_worker.call import storage_of  # noqa: E402
from kernelagent_worker.dispatch_trace import OperatorTrace  # noqa: E402


@pytest.fixture
def noted():
    class Graph:
        def capture_begin(self):
            pass

        def capture_end(self):
            pass

        def replay(self):
            pass

    noted = launches.Launches()
    launches._wrap_graphs(Graph, noted)
    noted.begin()
    noted.graph = Graph()
    return noted


def record(noted, tensor):
    noted.graph.capture_begin()
    noted.record("scale", (1,), (tensor,), {})
    noted.graph.capture_end()


def test_what_is_recorded_has_not_run(noted):
    tensor = torch.zeros(4)
    record(noted, tensor)
    assert noted.seen.counts == {} and not noted.wrote(tensor)
    noted.graph.replay()
    assert noted.seen.counts == {"scale": 1} and noted.wrote(tensor)


def test_every_call_that_replays_counts_anew(noted):
    tensor = torch.zeros(4)
    record(noted, tensor)
    for _ in range(2):
        noted.begin()
        assert not noted.wrote(tensor)
        noted.graph.replay()
        assert noted.seen.counts == {"scale": 1}
    noted.begin()
    noted.watching = False
    noted.graph.replay()
    assert noted.seen.counts == {}


def copies(noted, source):
    """What the trace says of a copy of `source` into fresh memory."""
    with OperatorTrace({}, noted, None) as trace:
        fresh = torch.empty(4)
        fresh.copy_(source)
    listed = {entry["name"]: entry for entry in trace.operators()}
    return listed["aten.copy_.default"]["source"], noted.wrote(fresh)


def test_a_copy_counts_as_launched_where_a_replay_wrote_its_source(noted):
    result, other = torch.zeros(4), torch.zeros(4)
    record(noted, result)
    assert copies(noted, result) == ("program, same layout", False)
    noted.graph.replay()
    assert copies(noted, other) == ("program, same layout", False)
    assert copies(noted, result) == ("replayed, same layout", True)


def test_operators_that_a_graph_records_are_listed_where_it_is_replayed(noted):
    source = torch.ones(4)
    with OperatorTrace({storage_of(source): ("input", (4,), (1,))}, noted, None) as trace:
        noted.graph.capture_begin()
        torch.empty(4).copy_(source)
        noted.graph.capture_end()
    assert trace.operators() == []
    with OperatorTrace({}, noted, None) as trace:
        noted.graph.replay()
    assert [entry["name"] for entry in trace.operators()] == ["aten.empty.memory_format", "aten.copy_.default"]


def test_a_kernel_whose_programs_wait_for_each_other_is_named(noted):
    noted.record("scale", (1,), (torch.zeros(4),), {})
    noted.graph.capture_begin()
    noted.record("walk", (4,), (torch.zeros(4),), {"launch_cooperative_grid": True})
    noted.graph.capture_end()
    noted.graph.replay()
    assert noted.seen.listed() == [{"kernel": "scale", "count": 1}, {"kernel": "walk", "count": 1, "cooperative": True}]
