"""What holds of every plan, whatever the versions, the runs, the policy and the clock."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from trainstore.disk_format.moments import Age, Date
from trainstore.errors import UsageError
from trainstore.retention.plan import Decision, VersionFacts, plan
from trainstore.retention.policy import Policy
from trainstore.retention.scores import METRICS, RunFacts, merit

NOW = 1000
SECONDS = st.integers(0, 1200)
SCORES = st.one_of(st.none(), st.sampled_from([0.1, 0.5, 0.9, float("nan"), float("inf")]))
AGES = st.builds(lambda seconds: Age(seconds, f"{seconds}s"), SECONDS)
MOMENTS = st.one_of(AGES, st.builds(lambda seconds: Date(seconds, f"second {seconds}"), SECONDS))


@st.composite
def stores(draw: st.DrawFn) -> tuple[list[VersionFacts], list[RunFacts]]:
    """Draw the versions of two functions, some without order between them, and runs."""
    versions, runs = [], []
    for name in ("t/A", "t/B"):
        times = sorted(draw(st.lists(SECONDS, max_size=7)))
        for ordinal, timestamp in enumerate(times, start=1):
            version = VersionFacts(
                f"{name}@{ordinal}",
                name,
                ordinal,
                timestamp,
                draw(st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0]))),
                draw(st.booleans()),
                draw(st.sampled_from([False, False, True])),
                draw(st.sampled_from(["", "", "", "damaged"])),
            )
            versions.append(version)
            runs += draw(st.lists(run_of(version.path), max_size=3))
    return versions, runs


def run_of(path: str) -> st.SearchStrategy[RunFacts]:
    return st.builds(
        RunFacts,
        st.just(path),
        st.booleans(),
        st.sampled_from(["digits", "wine", None]),
        SCORES,
        st.dictionaries(st.sampled_from(METRICS[:4]), SCORES, max_size=2),
    )


CHOOSING: dict[str, st.SearchStrategy[Any]] = {
    "older_than": st.one_of(st.none(), MOMENTS),
    "min_confidence": st.one_of(st.none(), st.sampled_from([0.0, 0.5, 1.0])),
}
KEEPING: dict[str, st.SearchStrategy[Any]] = {
    "keep_last": st.one_of(st.none(), st.integers(1, 4)),
    "keep_best": st.one_of(st.none(), st.integers(1, 4)),
    "keep_within": st.one_of(st.none(), AGES),
}


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """Draw a policy with at least one rule."""
    fields = {name: draw(strategy) for name, strategy in (CHOOSING | KEEPING).items()}
    fields |= draw(st.sampled_from([{}, {"unsuccessful": True}, {"never_ran": True}]))
    if fields.get("unsuccessful"):
        fields["below"] = draw(st.sampled_from([None, 0.5]))
    if fields["keep_best"] is not None or fields.get("below") is not None:
        fields["metric"] = draw(st.sampled_from([None, *METRICS[:4]]))
    policy = Policy(**fields, include_current=draw(st.booleans()))
    assume(policy.chooses or policy.keeps)
    return policy


def removed(decisions: list[Decision]) -> set[str]:
    return {decision.version.path for decision in decisions if not decision.keep}


@given(stores(), policies())
def test_each_version_is_decided_on_once_with_a_reason_in_a_stable_order(store: Any, policy: Policy) -> None:
    versions, runs = store
    decisions = plan(versions, runs, policy, NOW)
    assert [decision.version for decision in decisions] == versions
    assert all(decision.reason for decision in decisions)
    assert plan(reversed(versions), reversed(runs), policy, NOW) == decisions


@given(stores(), policies())
def test_what_is_pinned_edited_unreadable_or_of_the_future_stays(store: Any, policy: Policy) -> None:
    versions, runs = store
    gone = removed(plan(versions, runs, policy, NOW))
    assert not gone & {one.path for one in versions if one.pinned or one.edited or one.unreadable}
    assert not gone & {one.path for one in versions if one.timestamp > NOW}


@given(stores(), policies())
def test_the_current_version_stays_unless_it_is_included(store: Any, policy: Policy) -> None:
    versions, runs = store
    gone = removed(plan(versions, runs, replace(policy, include_current=False), NOW))
    for name in ("t/A", "t/B"):
        of_function = [one.path for one in versions if one.function == name]
        assert not of_function or of_function[-1] not in gone
    assert gone <= removed(plan(versions, runs, replace(policy, include_current=True), NOW))


@given(stores(), policies(), st.sampled_from(sorted(KEEPING)), st.data())
def test_a_rule_that_keeps_only_ever_protects_more(
    store: Any, policy: Policy, rule: str, data: st.DataObject
) -> None:
    versions, runs = store
    without = replace(policy, **{rule: None, **({} if policy.below is not None else {"metric": None})})
    assume(without.chooses or without.keeps)
    stricter = replace(without, **{rule: data.draw(KEEPING[rule].filter(lambda value: value is not None))})
    assert removed(plan(versions, runs, stricter, NOW)) <= removed(plan(versions, runs, without, NOW))


@given(stores(), policies(), st.sampled_from(["keep_last", "keep_best"]), st.integers(1, 3))
def test_keeping_more_of_them_removes_less(store: Any, policy: Policy, rule: str, count: int) -> None:
    versions, runs = store
    few, many = (replace(policy, **{rule: number}) for number in (count, count + 1))
    assert removed(plan(versions, runs, many, NOW)) <= removed(plan(versions, runs, few, NOW))


@given(stores(), policies(), st.sampled_from(sorted(CHOOSING)), st.data())
def test_rules_that_choose_narrow_together(
    store: Any, policy: Policy, rule: str, data: st.DataObject
) -> None:
    versions, runs = store
    wider = replace(policy, **{rule: None})
    assume(wider.chooses or wider.keeps)
    narrower = replace(wider, **{rule: data.draw(CHOOSING[rule].filter(lambda value: value is not None))})
    assert removed(plan(versions, runs, narrower, NOW)) <= removed(plan(versions, runs, wider, NOW))


@given(stores(), policies(), st.integers(0, 500))
def test_time_only_ever_removes_more(store: Any, policy: Policy, later: int) -> None:
    versions, runs = store
    assert removed(plan(versions, runs, policy, NOW)) <= removed(plan(versions, runs, policy, NOW + later))


@given(stores(), policies(), st.data())
def test_one_that_failed_or_is_unreadable_takes_nobodys_place(
    store: Any, policy: Policy, data: st.DataObject
) -> None:
    versions, runs = store
    succeeded = {run.version_path for run in runs if run.succeeded}
    ran = {run.version_path for run in runs}
    current = {one.function: one.path for one in versions}
    useless = [
        one
        for one in versions
        if (one.unreadable or one.path in ran - succeeded) and one.path not in current.values()
    ]
    assume(useless)
    without = data.draw(st.sampled_from(useless))
    rest = [one for one in versions if one is not without]
    decisions = [one for one in plan(versions, runs, policy, NOW) if one.version is not without]
    assert plan(rest, runs, policy, NOW) == decisions


@given(stores(), policies())
def test_one_function_is_decided_on_without_the_others(store: Any, policy: Policy) -> None:
    versions, runs = store
    apart = [
        decision
        for name in ("t/A", "t/B")
        for decision in plan([one for one in versions if one.function == name], runs, policy, NOW)
    ]
    assert plan(versions, runs, policy, NOW) == apart


@given(stores(), policies(), st.data())
def test_a_function_that_loses_nothing_at_the_lowest_confidence_loses_nothing_whatever_its_records_say(
    store: Any, policy: Policy, data: st.DataObject
) -> None:
    """By this a prune may leave most records unread."""
    versions, runs = store
    lowest = [msgspec.structs.replace(version, confidence=0.0) for version in versions]
    losing = {one.version.function for one in plan(lowest, runs, policy, NOW) if not one.keep}
    as_read = [
        msgspec.structs.replace(
            version,
            confidence=data.draw(st.sampled_from([None, 0.0, 0.5, 1.0])),
            unreadable=version.unreadable or data.draw(st.sampled_from(["", "", "damaged"])),
        )
        for version in versions
    ]
    gone = [one.version.function for one in plan(as_read, runs, policy, NOW) if not one.keep]
    assert set(gone) <= losing


@given(stores(), policies())
def test_the_best_of_a_data_set_stays(store: Any, policy: Policy) -> None:
    versions, runs = store
    assume(policy.keep_best is not None)
    gone = removed(plan(versions, runs, policy, NOW))
    readable = {one.path: one.function for one in versions if not one.unreadable and one.timestamp <= NOW}
    for name, data in {(readable.get(run.version_path), run.data) for run in runs}:
        scored = [
            (score, run.version_path)
            for run in runs
            if readable.get(run.version_path) == name is not None
            and run.data == data
            and (score := merit(run, policy.metric)) is not None
        ]
        best = max(scored, default=None)
        assert best is None or any(path not in gone for score, path in scored if score == best[0])


@given(stores(), st.booleans())
def test_an_empty_policy_is_refused(store: Any, include_current: bool) -> None:
    versions, runs = store
    with pytest.raises(UsageError, match="empty"):
        plan(versions, runs, Policy(include_current=include_current), NOW)


@given(policies(), st.integers(0, 10**12))
def test_every_policy_can_be_told(policy: Policy, now: int) -> None:
    told = policy.describe(now)
    assert told.startswith("remove what " if policy.chooses else "keep ")
    assert ("the current version" in told) == (not policy.include_current)
