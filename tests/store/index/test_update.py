from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.update import open_index
from trainstore.workflows.save import save_records

SECOND = 1704067200


Git = Callable[..., str]


Make = Callable[..., Any]


def test_a_save_shows_at_once(store: Repository, make_record: Make, versions: Callable[..., Any]) -> None:
    assert versions(store) == []
    save_records(store, [make_record()])
    assert versions(store) == [("numpy_array/Net@1", True)]
    with open_index(store) as index:
        (entry,) = index.functions()
        assert (str(entry.current), entry.versions, entry.runs) == ("numpy_array/Net@1", 1, 0)
        assert [event.action for event in index.events()] == ["save", "init"]


def test_plain_git_takes_versions_out_and_brings_them_back(
    store: Repository, git: Git, save_versions: Callable[..., list[str]], versions: Callable[..., Any]
) -> None:
    first, second, _ = save_versions(3)
    git(store, "rm", "--quiet", second)
    git(store, "commit", "--quiet", "-m", "out")
    assert [present for _, present in versions(store)] == [True, False, True]
    git(store, "revert", "--no-edit", "HEAD")
    assert [present for _, present in versions(store)] == [True, True, True]
    git(store, "rm", "--quiet", first)
    git(store, "commit", "--quiet", "--amend", "-m", "amended")
    assert [present for _, present in versions(store)] == [False, True, True]


def test_another_branch_has_its_own_versions(
    store: Repository, git: Git, make_record: Make, versions: Callable[..., Any]
) -> None:
    save_records(store, [make_record(code="x = 1")])
    git(store, "checkout", "--quiet", "-b", "side")
    save_records(store, [make_record(code="x = 2", timestamp=SECOND + 2)])
    git(store, "checkout", "--quiet", "main")
    assert len(versions(store)) == 1
    save_records(store, [make_record(code="x = 3", timestamp=SECOND + 1)])
    git(store, "merge", "--quiet", "--no-edit", "side")
    assert versions(store) == [(f"numpy_array/Net@{ordinal}", True) for ordinal in (1, 2, 3)]
    with open_index(store) as index:
        assert [version.timestamp - SECOND for version in index.versions("numpy_array", "Net")] == [0, 1, 2]
        assert [event.timestamp for event in index.events() if event.timestamp] == [
            SECOND + 2,
            SECOND + 1,
            SECOND,
        ]


def test_an_unborn_branch_has_an_empty_index(store: Repository, git: Git, rows: Callable[..., Any]) -> None:
    rows(store)
    git(store, "checkout", "--quiet", "--orphan", "other")
    assert rows(store) == {"events": [], "versions": [], "runs": []}


def test_a_shallow_clone_knows_what_is_in_the_tree(
    store: Repository,
    tmp_path: Path,
    git: Git,
    save_versions: Callable[..., list[str]],
    versions: Callable[..., Any],
) -> None:
    save_versions(3)
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{store.root}", "shallow")
    shallow = find_store(tmp_path / "shallow")
    assert versions(shallow) == versions(store)
    with open_index(shallow) as index, open_index(store) as full:
        assert index.versions("numpy_array", "Net")[-1] == full.versions("numpy_array", "Net")[-1]
        digests = [version.code_digest for version in index.versions("numpy_array", "Net")]
        assert digests == [version.code_digest for version in full.versions("numpy_array", "Net")]


def test_two_worktrees_have_an_index_each(
    store: Repository, tmp_path: Path, git: Git, make_record: Make, versions: Callable[..., Any]
) -> None:
    git(store, "worktree", "add", "--quiet", "-b", "side", tmp_path / "linked")
    linked = find_store(tmp_path / "linked")
    save_records(linked, [make_record()])
    assert len(versions(linked)) == 1
    assert versions(store) == []


def test_the_output_encoding_of_the_user_does_not_matter(
    store: Repository, git: Git, make_record: Make, rows: Callable[..., Any], rebuilt: Callable[..., Any]
) -> None:
    git(store, "config", "i18n.logOutputEncoding", "latin1")
    git(store, "config", "log.showSignature", "true")
    git(store, "config", "diff.renames", "copies")
    git(store, "config", "core.quotePath", "true")
    save_records(store, [make_record("모델"), make_record("é")])
    with open_index(store) as index:
        assert index.all_names() == ["numpy_array/é", "numpy_array/모델"]
    assert rows(store) == rebuilt(store)
