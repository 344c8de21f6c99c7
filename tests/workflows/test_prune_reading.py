"""A prune reads the records of functions that lose something, and takes out what it would if it read them all."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.disk_format.moments import parse_age, parse_moment
from trainstore.retention.plan import Decision
from trainstore.retention.policies import Policies
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository, read_head
from trainstore.workflows.pruning import decide as deciding
from trainstore.workflows.pruning.prune_plan import PruneRequest
from trainstore.workflows.pruning.tree_facts import read_tree, read_versions

Git = Callable[..., str]
Save = Callable[..., list[str]]
RecordRun = Callable[..., str]

NOW = 1704067260
LAST = Policy(keep_last=1)


def lie(store: Repository, git: Git, path: str, told: dict[str, str], **fields: Any) -> None:
    """Commit other fields of a record, with the message that saved it but for some of its words."""
    file = store.root / path
    message = git(store, "log", "-1", "--format=%B", "--", path)
    for old, new in told.items():
        assert old in message
        message = message.replace(old, new)
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **fields}))
    git(store, "commit", "--quiet", "-m", message, path)


@pytest.fixture
def odd_store(store: Repository, save_versions: Save, record_run: RecordRun, git: Git) -> Repository:
    """Functions of five versions, each with something odd: what is damaged, and messages that are wrong."""
    paths = {
        name: save_versions(5, name, first=1704067200 + 9 * number) for number, name in enumerate("ABCDEF")
    }
    lie(store, git, paths["A"][1], {}, timestamp=1704069999)  # later than the current one
    lie(store, git, paths["B"][4], {}, timestamp=1704060000)  # the current one, earlier than all
    lie(store, git, paths["C"][1], {}, confidence=0.1)
    lie(store, git, paths["C"][2], {"Confidence: 0.92": "Confidence: 0.1"}, confidence=0.95)
    lie(store, git, paths["C"][3], {"Confidence: 0.92\n": ""}, confidence=0.2)
    for path in (paths["D"][4], paths["D"][2]):
        (store.root / path).write_bytes(b"<<<<<<< HEAD")
        git(store, "commit", "--quiet", "-m", "by hand", path)
    Store(store).pin("E@2")
    for name, outcome, score in [
        ("A@5", "failed", None), ("A@3", "succeeded", 0.7), ("B@1", "succeeded", 0.9), ("B@2", "succeeded", 0.9),
        ("D@3", "succeeded", 0.99), ("D@1", "succeeded", 0.8), ("E@4", "failed", None), ("F@2", "succeeded", 0.3),
    ]:  # fmt: skip
        record_run(store, name, outcome, metrics={"accuracy": score} if score else None)
    return store


def policies() -> list[Policy]:
    """Return every rule, with and without others."""
    ages = [
        None,
        parse_moment("2024-01-01T00:00:03Z"),
        parse_moment("2024-01-01T00:00:30Z"),
        parse_age("50s"),
    ]
    confidences, lasts, bests = [None, 0.15, 0.93, 0.0], [None, 1, 3], [None, 1]
    others: list[dict[str, Any]] = [
        {},
        {"unsuccessful": True},
        {"never_ran": True},
        {"include_current": True},
    ]
    made = [
        Policy(older_than=age, min_confidence=confidence, keep_last=last, keep_best=best, **other)
        for age, confidence, last, best, other in itertools.product(ages, confidences, lasts, bests, others)
    ]
    return [policy for policy in made if policy.chooses or policy.keeps]


def test_what_goes_is_what_would_go_if_every_record_were_read(odd_store: Repository) -> None:
    head = read_head(odd_store).commit
    assert head is not None
    facts = read_tree(odd_store, head)
    versions = list(facts.versions.values())
    read = read_versions(facts, versions, ())
    different: set[int] = set()
    for policy in policies():
        request = PruneRequest(Policies(policy), NOW)
        every = {one.version.path: one for one in deciding._decide(facts, request, versions, read)}
        decided = {one.version.path: one for one in deciding.decide(facts, request, versions, ())}
        assert removed(decided) == removed(every), policy
        different.add(len(removed(decided)))
        losing = {facts.versions[path].function for path in removed(every)}
        for path, one in decided.items():
            assert one.reason == every[path].reason or facts.versions[path].function not in losing
    assert len(different) > 8, "the policies hardly differ"


def removed(decisions: dict[str, Decision]) -> dict[str, str]:
    """Return why each version goes, by its path."""
    return {path: one.reason for path, one in decisions.items() if not one.keep}


def test_records_of_a_function_that_loses_nothing_are_not_read(
    store: Repository, save_versions: Save, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = save_versions(2, "Few"), save_versions(4, "Many")
    read: list[str] = []

    def count(facts: Any, versions: Any, edited: Any) -> Any:
        read.extend(version.path for version in versions)
        return read_versions(facts, versions, edited)

    monkeypatch.setattr(deciding, "read_versions", count)
    plan = Store(store).prune_plan(Policy(keep_last=2))
    assert [item.path for item in plan.removed] == many[:2]
    assert read == many
    assert {item.path: item.reason for item in plan.kept if item.path in few} == {
        few[0]: "among the last 2",
        few[1]: "current; among the last 2",
    }


def test_a_record_that_claims_a_later_time_than_its_commit_makes_no_other_one_the_current(
    store: Repository, save_versions: Save, record_run: RecordRun, git: Git
) -> None:
    paths = save_versions(3)
    lie(store, git, paths[0], {}, timestamp=1704069999)
    record_run(store, "Net@2", "failed")
    record_run(store, "Net@3", "failed")
    plan = Store(store).prune_plan(Policy(unsuccessful=True))
    assert [item.path for item in plan.removed] == [paths[1]]
    assert {item.path: item.reason for item in plan.kept}[paths[2]] == "current"


def test_functions_whose_names_read_the_same_are_two(
    store: Repository, save_versions: Save, git: Git
) -> None:
    one = save_versions(2, "b/c", data_profile={"data_type": "a"})
    other = save_versions(2, "c", first=1704067300, data_profile={"data_type": "a/b"})
    assert {Path(path).parent for path in one}.isdisjoint(Path(path).parent for path in other)
    plan = Store(store).prune_plan(LAST)
    assert {item.path for item in plan.removed} == {one[0], other[0]}
    assert {item.reason for item in plan.kept} == {"current; among the last 1"}
    assert Store(store).prune(plan).commit is not None
    assert git(store, "log", "-1", "--format=%s") == "prune 2 versions of 2 functions: kept by no rule"
