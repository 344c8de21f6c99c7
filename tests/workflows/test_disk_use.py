"""What uses the disk."""

from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound
from trainstore.retention.policy import Policy
from trainstore.store.git.repository import Repository
from trainstore.workflows.reclaiming.disk_use import DiskUse

Save = Callable[..., list[str]]
RecordRun = Callable[..., str]

STRUCTURE = len(b"structure")


def cache_bytes(store: Repository) -> int:
    return sum(file.stat().st_size for file in (store.root / ".dvc/cache").rglob("*") if file.is_file())


def lists(store: Repository) -> int:
    """Return the bytes of one list of files; all are as long."""
    return next((store.root / ".dvc/cache").rglob("*.dir")).stat().st_size


@pytest.fixture
def filled(store: Repository, save_versions: Save, record_run: RecordRun) -> Repository:
    """Net with weights of 1000, 1000 again and 10 bytes, Other with 10 of the same and 7."""
    save_versions(2)
    save_versions(1, "Other")
    for name, weights in [
        ("Net@1", b"a" * 1000), ("Net@1", b"a" * 1000), ("Net@2", b"b" * 10), ("Other", b"b" * 10), ("Other", b"c" * 7),
    ]:  # fmt: skip
        record_run(store, name, weights=weights)
    return store


def use_of(store: Repository, name: str | None = None) -> DiskUse:
    use = Store(store).du(name)
    assert use.cache == cache_bytes(store)
    return use


def test_each_byte_is_unique_to_one_function_or_shared(filled: Repository) -> None:
    use, one = use_of(filled), lists(filled)
    net, other = use.functions["numpy_array/Net"], use.functions["numpy_array/Other"]
    assert (net.runs, net.unique, net.shared) == (3, 1000 + one, 10 + STRUCTURE + one)
    assert (other.runs, other.unique, other.shared) == (2, 7 + one, 10 + STRUCTURE + one)
    assert use.kept == use.cache and (use.data, use.left, use.other, use.refusal) == (0, 0, 0, "")
    assert net.unique + other.unique + net.shared == use.kept


def test_each_byte_is_unique_to_one_run_or_shared(filled: Repository) -> None:
    use, one = use_of(filled, "Other"), lists(filled)
    assert list(use.functions) == ["numpy_array/Other"]
    assert [(run.share.unique, run.share.shared) for run in use.runs] == [
        (0, 10 + STRUCTURE + one),  # its list is that of Net@2's run
        (7 + one, STRUCTURE),
    ]
    assert [str(run.version) for run in use.runs] == ["numpy_array/Other@1"] * 2
    with pytest.raises(NotFound):
        use_of(filled, "Nothing")


def test_what_left_the_tree_is_told_until_it_is_reclaimed(filled: Repository) -> None:
    Store(filled).prune(Store(filled).prune_plan(Policy(keep_last=1), function="Net"))
    use = use_of(filled)
    assert use.left == 1000 + lists(filled) and use.plan is not None
    assert use.plan.reclaimable_bytes == 0 and [item.may_go_at is not None for item in use.plan.kept] == [
        True
    ]
    Store(filled).reclaim(Store(filled).reclaim_plan(grace_s=0))
    assert use_of(filled).left == 0


def test_other_objects_and_data_are_told_apart(filled: Repository, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_text("a,b\n" + "1,0\n2,1\n" * 20)
    Store(filled).add_data("table", table, target="b")
    use = use_of(filled)
    assert (use.data, use.other) == (table.stat().st_size, 0)
    Store(filled).remove_data("table")
    use = use_of(filled)
    assert (use.data, use.other) == (0, table.stat().st_size)
    assert use.git > 0 and use.index > 0


def test_what_is_missing_is_counted(filled: Repository) -> None:
    for place in (filled.root / ".dvc/cache").rglob("*.dir"):
        place.unlink()
    use = use_of(filled)
    assert [share.missing for share in use.functions.values()] == [3, 2]
    assert (use.kept, use.other) == (0, use.cache)  # without its list nobody knows whose a file is


def test_a_reclaim_that_would_refuse_says_why(filled: Repository) -> None:
    Store(filled).prune(Store(filled).prune_plan(Policy(keep_last=1)))
    (filled.root / "torn.dvc").write_text("")
    use = use_of(filled)
    assert use.plan is None and "torn.dvc" in use.refusal
    assert use.left == 0 and use.other > 1000


def test_an_empty_store_uses_nothing(store: Repository) -> None:
    use = Store(store).du()
    assert (use.functions, use.runs, use.cache, use.left) == ({}, (), 0, 0)
