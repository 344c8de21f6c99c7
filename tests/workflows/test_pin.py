from collections.abc import Callable

import pytest

from trainstore.api import Store
from trainstore.errors import NotFound, StoreConflict
from trainstore.store.git.repository import Repository

Git = Callable[..., str]
Save = Callable[..., list[str]]


def test_a_pin_is_a_commit_and_a_file_beside_the_version(
    store: Repository, save_versions: Save, git: Git
) -> None:
    path, _ = save_versions(2)
    result = Store(store).pin("Net@1", "in production")
    assert result.commit == git(store, "rev-parse", "HEAD")
    assert (store.root / path.replace(".json", ".pin")).read_text() == "in production\n"
    assert git(store, "log", "-1", "--format=%s") == "pin numpy_array/Net@1: in production"
    opened = Store(store)
    assert [opened.pinned(version) for version in opened.versions("Net")] == [True, False]
    assert git(store, "status", "--porcelain") == ""
    assert [event.action for event in opened.history("Net", limit=1)] == ["pin"]


def test_doing_it_again_changes_nothing(store: Repository, save_versions: Save, git: Git) -> None:
    save_versions(1)
    assert Store(store).unpin("Net").commit is None
    Store(store).pin("Net")
    head = git(store, "rev-parse", "HEAD")
    assert Store(store).pin("Net", "another reason").commit is None
    assert git(store, "rev-parse", "HEAD") == head


def test_an_unpin_or_an_undo_takes_it_away(store: Repository, save_versions: Save) -> None:
    save_versions(1)
    opened = Store(store)
    opened.pin("Net")
    assert opened.unpin("Net").commit is not None
    assert not opened.pinned(opened.version("Net"))
    opened.undo()
    assert opened.pinned(opened.version("Net"))


def test_a_pin_outlives_a_rollback_and_is_no_version(store: Repository, save_versions: Save) -> None:
    save_versions(2)
    opened = Store(store)
    opened.pin("Net@2")
    opened.rollback("Net", "@1")
    assert [version.present for version in opened.versions("Net")] == [True, False]
    assert opened.pinned(opened.version("Net@2"))
    assert (opened.status().versions, opened.status().pending.new) == (1, ())


@pytest.mark.parametrize("reason", ["two\nlines\n\nConfidence: 1.0", "\ud800", "ü" * 1000, "Removed: x"])
def test_any_reason_is_kept(store: Repository, save_versions: Save, git: Git, reason: str) -> None:
    (path,) = save_versions(1)
    Store(store).pin("Net", reason)
    kept = (store.root / path.replace(".json", ".pin")).read_text()
    assert kept == reason.encode(errors="replace").decode() + "\n"
    assert git(store, "log", "-1", "--format=%(trailers:key=Trainstore-Action,valueonly)").strip() == "pin"
    assert git(store, "log", "-1", "--format=%(trailers:key=Confidence,valueonly)").strip() == ""
    assert git(store, "log", "-1", "--format=%(trailers:key=Removed,valueonly)").strip() == ""


def test_what_is_no_version_is_not_found_and_the_users_own_file_is_kept(
    store: Repository, save_versions: Save, git: Git
) -> None:
    (path,) = save_versions(1)
    mine = store.root / path.replace(".json", ".pin")
    mine.write_text("mine")
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(NotFound):
        Store(store).pin("Nut")
    with pytest.raises(StoreConflict):
        Store(store).pin("Net")
    assert git(store, "rev-parse", "HEAD") == head
    assert mine.read_text() == "mine"
