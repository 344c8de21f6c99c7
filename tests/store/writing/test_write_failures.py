import subprocess
import threading
import time
from collections.abc import Callable

import pytest

from trainstore.errors import GitFailed, TrainstoreError
from trainstore.store.git.changes import Commit, Remove, Write
from trainstore.store.git.repository import Head, Repository
from trainstore.store.git.update_index import update_index
from trainstore.store.writing import transaction
from trainstore.store.writing.transaction import commit_changes

Git = Callable[..., str]


def test_a_lock_of_the_index_that_somebody_holds_is_waited_for(
    store: Repository, git: Git, write: Callable[..., list[str]]
) -> None:
    lock = store.git_dir / "index.lock"
    lock.touch()
    timer = threading.Timer(0.5, lock.unlink)
    timer.start()
    started = time.monotonic()
    write(store, "file")
    timer.join()
    assert time.monotonic() - started >= 0.5
    assert git(store, "status", "--porcelain") == ""


def test_a_lock_of_the_index_that_stays_is_told_and_nothing_is_left(
    store: Repository,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[..., list[str]],
    state: Callable[..., dict[str, str]],
) -> None:
    from trainstore.store.git import update_index as git_index

    monkeypatch.setattr(git_index, "_INDEX_WAIT_SECONDS", 0.1)
    lock = store.git_dir / "index.lock"
    before = state(store)
    lock.touch()
    with pytest.raises(TrainstoreError, match=r"index\.lock"):
        write(store, "file")
    lock.unlink()
    assert state(store) == before


def test_a_branch_that_someone_moves_meanwhile_keeps_both_commits(
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[Head] = []

    def plan(head: Head) -> list[Commit]:
        heads.append(head)
        return [Commit("ours\n", (Write("ours", b"x\n"),))]

    meddled: list[bool] = []

    def meddle(*arguments: object) -> None:
        update_index(*arguments)  # type: ignore[arg-type]
        if not meddled:
            meddled.append(True)
            git(store, "commit", "--quiet", "--allow-empty", "--only", "-m", "theirs")

    monkeypatch.setattr(transaction, "update_index", meddle)
    commit_changes(store, plan)
    assert git(store, "log", "-3", "--format=%s").split("\n") == ["ours", "theirs", "init trainstore"]
    assert heads[0] != heads[1]
    assert git(store, "status", "--porcelain") == ""
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


def test_a_branch_that_someone_switches_meanwhile_is_written_where_head_is(
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch, write: Callable[..., list[str]]
) -> None:
    git(store, "branch", "other")
    main = git(store, "rev-parse", "main")
    switched: list[bool] = []

    def meddle(*arguments: object) -> None:
        update_index(*arguments)  # type: ignore[arg-type]
        if not switched:
            switched.append(True)
            git(store, "symbolic-ref", "HEAD", "refs/heads/other")

    monkeypatch.setattr(transaction, "update_index", meddle)
    (identity,) = write(store, "file")
    assert git(store, "rev-parse", "main", "other").split() == [main, identity]
    assert git(store, "status", "--porcelain") == ""


def test_a_branch_that_never_rests_is_given_up(
    store: Repository,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[..., list[str]],
    state: Callable[..., dict[str, str]],
) -> None:
    monkeypatch.setattr(transaction, "_MOST_TRIES", 2)
    monkeypatch.setattr(transaction, "move_branch", lambda *_: False)
    before = state(store)
    with pytest.raises(GitFailed, match="moved 2 times"):
        write(store, "file")
    assert state(store) == before


@pytest.mark.parametrize(
    "failure", [KeyboardInterrupt(), OSError(28, "No space left on device"), GitFailed("no")]
)
@pytest.mark.parametrize("step", ["add_commits", "write_journal", "update_index", "move_branch"])
def test_a_failure_half_way_leaves_nothing(
    store: Repository,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[..., list[str]],
    commit: Callable[..., list[str]],
    state: Callable[..., dict[str, str]],
    step: str,
    failure: BaseException,
) -> None:
    write(store, "old", b"old\n")
    before = state(store)
    real = getattr(transaction, step)
    calls: list[int] = []

    def fail(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise failure
        return real(*arguments)

    monkeypatch.setattr(transaction, step, fail)
    with pytest.raises(TrainstoreError if isinstance(failure, OSError) else type(failure)):
        commit(store, Write("new/file", b"x"), Write("old", b"new"), Remove(".dvcignore"))
    assert state(store) == before


def test_a_missing_git_is_told(
    store: Repository, monkeypatch: pytest.MonkeyPatch, write: Callable[..., list[str]]
) -> None:
    monkeypatch.setenv("PATH", str(store.git_dir))
    with pytest.raises(GitFailed, match="git program was not found"):
        write(store, "file")


def test_a_damaged_object_is_told(store: Repository, git: Git, write: Callable[..., list[str]]) -> None:
    write(store, "file", b"old\n")
    blob = git(store, "rev-parse", "HEAD:file")
    (store.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    (store.root / "file").write_text("edited\n")
    with pytest.raises(TrainstoreError):
        write(store, "file", b"new\n")
    assert subprocess.run(["git", "fsck"], cwd=store.root, capture_output=True, check=False).returncode != 0
