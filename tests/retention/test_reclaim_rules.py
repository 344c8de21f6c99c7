"""The rules of a reclaim, on facts alone."""

from hypothesis import given
from hypothesis import strategies as st

from trainstore.retention.reclaim_rules import Candidate, Freed, ObjectFacts, plan_reclaim

NOW = 1_800_000_000
DAY = 86_400
SIZES = {"a": 1, "b": 10, "c": 100, "d": 1000}
FREE = {name: ObjectFacts(size, linked=False) for name, size in SIZES.items()}


def one(md5: str, objects: str, days_ago: float = 20, held: str = "") -> Candidate:
    return Candidate(md5, frozenset(objects), NOW - int(days_ago * DAY), held)


def plan(*candidates: Candidate, needed: str = "", grace: int = 14 * DAY, linked: str = "") -> list[Freed]:
    facts = {name: ObjectFacts(size, name in linked) for name, size in SIZES.items()}
    return plan_reclaim(candidates, facts, frozenset(needed), grace, NOW)


def test_what_nothing_needs_goes_and_shared_objects_count_once() -> None:
    first, second = plan(one("x", "abc"), one("y", "bcd"))
    assert (first.objects, first.size, first.reason) == (("a", "b", "c"), 111, "")
    assert (second.objects, second.size) == (("d",), 1000)


def test_an_object_stays_that_something_needs_or_that_one_that_stays_has() -> None:
    assert plan(one("x", "abc"), needed="b")[0].objects == ("a", "c")
    gone, held = plan(one("x", "ab"), one("y", "bc", held="pinned"))
    assert (gone.objects, gone.size) == (("a",), 1)
    assert (held.objects, held.size, held.reason, held.may_go_at) == ((), 110, "pinned", None)


def test_the_period_of_grace_ends_to_the_second() -> None:
    left = NOW - 14 * DAY
    assert plan(Candidate("x", frozenset("a"), left))[0].reason == ""
    kept = plan(Candidate("x", frozenset("a"), left + 1))[0]
    assert (kept.reason, kept.may_go_at) == ("may go from 2027-01-15T08:00:01Z", NOW + 1)
    assert plan(Candidate("x", frozenset("a"), NOW), grace=0)[0].reason == ""


def test_a_time_in_the_future_is_no_end_of_a_period_unless_there_is_none() -> None:
    ahead = Candidate("x", frozenset("a"), NOW + 5)
    kept = plan(ahead)[0]
    assert "by a wrong clock" in kept.reason and kept.may_go_at == NOW + 5 + 14 * DAY
    assert plan(ahead, grace=0)[0].reason == ""


def test_what_is_linked_from_elsewhere_stays_whole_unless_it_is_needed_anyway() -> None:
    stays, goes = plan(one("x", "ab"), one("y", "bc"), linked="a")
    assert "linked from elsewhere" in stays.reason and goes.objects == ("c",)
    assert plan(one("x", "ab"), linked="a", needed="a")[0].objects == ("b",)


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.text("xyz", min_size=3, max_size=3),
        st.frozensets(st.sampled_from("abcd"), min_size=1),
        st.integers(NOW - 30 * DAY, NOW + DAY),
        st.sampled_from(["", "", "held"]),
    ),
    max_size=6,
    unique_by=lambda candidate: candidate.md5,
)


@given(CANDIDATES, st.frozensets(st.sampled_from("abcd")), st.sampled_from([0, 14 * DAY]))
def test_nothing_goes_that_is_needed_or_that_one_that_stays_has(
    candidates: list[Candidate], needed: frozenset[str], grace: int
) -> None:
    decided = plan_reclaim(candidates, FREE, needed, grace, NOW)
    going = [name for each in decided for name in each.objects]
    assert len(going) == len(set(going)) and needed.isdisjoint(going)
    for each in decided:
        if each.candidate.held or (each.candidate.left_at + grace > NOW and grace):
            assert each.reason and each.candidate.objects.isdisjoint(going)
        else:
            assert not each.reason and each.candidate.objects <= needed.union(
                going, *(other.candidate.objects for other in decided if other.reason)
            )
    assert sum(each.size for each in decided if not each.reason) == sum(SIZES[name] for name in going)
