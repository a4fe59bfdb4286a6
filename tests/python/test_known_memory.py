"""Which addresses a kernel in the interpreter may use: those of the call's tensors and of its launch's arguments."""

import pytest

np = pytest.importorskip("numpy")
torch = pytest.importorskip("torch")

from kernelagent_worker.known_memory import Checked, KnownMemory, OutsideMemory  # noqa: E402


@pytest.fixture
def memory():
    made = KnownMemory()
    made.use(np)
    return made


def addresses(tensor, *elements):
    return np.array([tensor.data_ptr() + tensor.element_size() * element for element in elements], dtype=np.uint64)


def check(memory, at, mask=None):
    memory.check(at, np.ones(at.shape, dtype=bool) if mask is None else np.asarray(mask), 4, "reads")


def test_what_a_call_is_given_and_allocates_is_known(memory):
    given, made = torch.zeros(8), torch.zeros(8)
    memory.begin([given], checked=True)
    check(memory, addresses(given, 0, 7))
    with pytest.raises(OutsideMemory):
        check(memory, addresses(made, 0))
    memory.add(made)
    check(memory, np.concatenate([addresses(given, 1), addresses(made, 2)]))


def test_one_element_behind_the_end_is_named_once(memory):
    given = torch.zeros(8)
    memory.begin([given], checked=True)
    with pytest.raises(OutsideMemory, match="0 bytes behind the end"):
        check(memory, addresses(given, 3, 8))
    with pytest.raises(OutsideMemory):
        check(memory, addresses(given, -1))
    assert "behind the end" in memory.violation


def test_an_element_that_begins_inside_has_to_end_there(memory):
    given = torch.zeros(8)
    memory.begin([given], checked=True)
    with pytest.raises(OutsideMemory):
        check(memory, addresses(given, 7) + np.uint64(1))


def test_masked_lanes_may_point_anywhere(memory):
    given = torch.zeros(8)
    memory.begin([given], checked=True)
    at = np.array([given.data_ptr(), 0, (1 << 64) - 1], dtype=np.uint64)
    check(memory, at, [True, False, False])
    check(memory, at, [False, False, False])
    for last in (False, True):
        with pytest.raises(OutsideMemory, match="far from any"):
            check(memory, at, [True, not last, last])


def test_arguments_are_known_for_their_launch_alone(memory):
    lent = torch.zeros(8)
    memory.begin([], checked=True)
    memory.lend(lent)
    check(memory, addresses(lent, 0))
    memory.end_launch()
    with pytest.raises(OutsideMemory):
        check(memory, addresses(lent, 0))


def test_a_call_forgets_the_one_before(memory):
    old = torch.zeros(8)
    memory.begin([old], checked=True)
    memory.begin([], checked=True)
    with pytest.raises(OutsideMemory):
        check(memory, addresses(old, 0))


def test_a_view_knows_its_whole_storage(memory):
    base = torch.zeros(16)
    memory.begin([base[4:8]], checked=True)
    check(memory, addresses(base, 0, 15))


def test_nothing_is_checked_where_nobody_asked(memory):
    memory.begin([], checked=False)
    check(memory, np.array([1], dtype=np.uint64))


VALUES = np.zeros(1, np.int32)


@pytest.mark.parametrize("name,arguments", [
    ("load", lambda at, mask: (at, mask, None, np.float32)), ("store", lambda at, mask: (at, VALUES, mask)),
    ("atomic_rmw", lambda at, mask: ("add", at, VALUES, mask, None)), ("atomic_cas", lambda at, mask: (at, VALUES, VALUES, None))])
def test_every_way_to_memory_is_looked_at(memory, name, arguments):
    class Operations:
        reached = False

        def __getattr__(self, name):
            return lambda *_: setattr(type(self), "reached", True)

    memory.begin([], checked=True)
    checked, at, mask = Checked(Operations(), memory, np), np.array([4096], dtype=np.uint64), np.ones(1, dtype=bool)
    with pytest.raises(OutsideMemory):
        getattr(checked, name)(*arguments(at, mask))
    assert not Operations.reached
