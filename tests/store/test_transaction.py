import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.errors import GitFailed, StoreConflict, TrainstoreError
from trainstore.store import transaction
from trainstore.store.changes import Change, Commit, Remove, Write
from trainstore.store.repository import Head, Repository, find_store, read_head
from trainstore.store.transaction import commit_changes

Git = Callable[..., str]
PLACE = "generated_training_functions/numpy_array/Net"


def write(repository: Repository, path: str, content: bytes = b"x\n", message: str = "write\n") -> list[str]:
    return commit(repository, Write(path, content), message=message)


def commit(repository: Repository, *changes: Change, message: str = "change\n") -> list[str]:
    return commit_changes(repository, lambda _: [Commit(message, changes)])


def state(repository: Repository, git: Git) -> dict[str, str]:
    """Everything of a store that a refused write must leave as it was."""
    files = {
        str(file.relative_to(repository.root)): file.read_bytes()
        for file in sorted(repository.root.rglob("*"))
        if file.is_file() and ".git" not in file.relative_to(repository.root).parts
    }
    return {
        "files": repr(files),
        "references": git(repository, "for-each-ref"),
        "index": git(repository, "ls-files", "--stage"),
        "status": git(repository, "status", "--porcelain", "--untracked-files=all"),
        "journal": str((repository.state / "journal").exists()),
    }


def test_a_chain_of_commits_is_one_commit_each(store: Repository, git: Git) -> None:
    before = git(store, "rev-parse", "HEAD")
    commits = [
        Commit("first\n\nwith a body\n", (Write("a/b.txt", b"1"), Write("c.txt", b"2")), author_time=1000),
        Commit("second\n", (Remove("c.txt"), Write("a/b.txt", b"3"))),
    ]
    ids = commit_changes(store, lambda _: commits)
    assert git(store, "rev-list", f"{before}..HEAD").split() == ids[::-1]
    assert git(store, "log", "--format=%B", "-2").split("\n\n\n") != []
    assert git(store, "show", "--no-patch", "--format=%at", ids[0]) == "1000"
    assert git(store, "show", f"{ids[0]}:a/b.txt") == "1"
    assert (store.root / "a/b.txt").read_bytes() == b"3"
    assert not (store.root / "c.txt").exists()
    assert git(store, "status", "--porcelain") == ""
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    git(store, "fsck", "--strict")


def test_the_reflog_tells_what_happened(store: Repository, git: Git) -> None:
    write(store, "a", message="save it\n")
    assert git(store, "log", "-g", "-1", "--format=%gs") == "trainstore: save it"


def test_an_empty_plan_writes_nothing(store: Repository, git: Git) -> None:
    before = state(store, git)
    assert commit_changes(store, lambda _: []) == []
    assert state(store, git) == before


def test_a_removed_file_takes_its_empty_folders_along(store: Repository, git: Git) -> None:
    write(store, "deep/er/file")
    (store.root / "deep/mine").write_text("kept")
    commit(store, Remove("deep/er/file"))
    assert sorted(file.name for file in (store.root / "deep").iterdir()) == ["mine"]
    assert git(store, "status", "--porcelain") == "?? deep/"


@pytest.mark.parametrize(
    "path",
    ["with space", "tab\there", 'quo"te', "back\\slash", "new\nline", "é/모델", "#", "-dash", ":colon", "*"],
)
def test_any_path_is_written_and_removed(store: Repository, git: Git, path: str) -> None:
    write(store, path, b"content")
    assert git(store, "ls-tree", "-z", "--name-only", "-r", "HEAD").split("\0").count(path) == 1
    assert git(store, "status", "--porcelain") == ""
    commit(store, Remove(path))
    assert not (store.root / path).exists()
    assert git(store, "status", "--porcelain") == ""


def test_what_the_user_has_staged_edited_and_left_lying_stays(store: Repository, git: Git) -> None:
    for name in ("staged", "edited", "both", "deleted", "gone"):
        write(store, name)
    (store.root / "staged").write_text("staged\n")
    (store.root / "both").write_text("staged\n")
    git(store, "add", "staged", "both")
    (store.root / "both").write_text("edited\n")
    (store.root / "edited").write_text("edited\n")
    git(store, "rm", "--quiet", "deleted")
    (store.root / "gone").unlink()
    (store.root / "untracked").write_text("mine\n")
    (store.root / "intended").write_text("mine\n")
    git(store, "add", "--intent-to-add", "intended")
    told = git(store, "status", "--porcelain", "--untracked-files=all")
    differences = git(store, "diff"), git(store, "diff", "--cached")
    write(store, "new")
    commit(store, Remove("new"), Write("newer", b"x"))
    assert git(store, "status", "--porcelain", "--untracked-files=all") == told
    assert (git(store, "diff"), git(store, "diff", "--cached")) == differences
    assert git(store, "show", "HEAD:staged") == "x"


def _edited(store: Repository, git: Git) -> None:
    (store.root / "file").write_text("edited\n")


def _staged(store: Repository, git: Git) -> None:
    _edited(store, git)
    git(store, "add", "file")
    (store.root / "file").write_text("x\n")


def _staged_away(store: Repository, git: Git) -> None:
    git(store, "rm", "--quiet", "--cached", "file")


def _link(store: Repository, git: Git) -> None:
    (store.root / "file").unlink()
    (store.root / "file").symlink_to("elsewhere")


def _folder(store: Repository, git: Git) -> None:
    (store.root / "file").unlink()
    (store.root / "file/inner").mkdir(parents=True)


@pytest.mark.parametrize(
    ("in_the_way", "change"),
    [
        *(
            (in_the_way, Write("file", b"new\n"))
            for in_the_way in (_edited, _staged, _staged_away, _link, _folder)
        ),
        *((in_the_way, Remove("file")) for in_the_way in (_edited, _staged, _link, _folder)),
    ],
)
def test_a_change_of_the_users_in_the_way_is_a_conflict(
    store: Repository, git: Git, in_the_way: Callable[[Repository, Git], None], change: Change
) -> None:
    write(store, "file")
    in_the_way(store, git)
    before = state(store, git)
    with pytest.raises(StoreConflict, match="'file'") as raised:
        commit(store, Write("other", b"x"), change)
    assert raised.value.hint
    assert state(store, git) == before
    assert (store.root / "file").is_symlink() == (in_the_way is _link)


@pytest.mark.parametrize("staged", [True, False])
def test_a_file_of_the_users_where_a_folder_must_stand_is_a_conflict(
    store: Repository, git: Git, staged: bool
) -> None:
    (store.root / "folder").write_text("mine\n")
    if staged:
        git(store, "add", "folder")
    before = state(store, git)
    with pytest.raises(StoreConflict, match="folder"):
        write(store, "folder/new/file")
    assert state(store, git) == before


@pytest.mark.parametrize("inside", [True, False])
def test_a_symbolic_link_on_the_way_is_refused(
    store: Repository, tmp_path: Path, git: Git, inside: bool
) -> None:
    aim = store.root / ".git" if inside else tmp_path / "outside"
    aim.mkdir(exist_ok=True)
    (store.root / "linked").symlink_to(aim)
    found = sorted(aim.iterdir())
    before = state(store, git)
    with pytest.raises(StoreConflict, match="link"):
        write(store, "linked/new/file")
    with pytest.raises(StoreConflict, match="link"):
        write(store, "linked/file")
    assert state(store, git) == before
    assert [file for file in sorted(aim.iterdir()) if file.name != "trainstore"] == [
        file for file in found if file.name != "trainstore"
    ]


def test_a_store_that_is_reached_through_a_link_can_be_written(store: Repository, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(store.root)
    write(find_store(tmp_path / "link"), "file")
    assert (store.root / "file").exists()


def test_the_users_hooks_do_not_run(store: Repository, tmp_path: Path) -> None:
    hooks = store.git_dir / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/{name}-ran'\nexit 1\n")
        (hooks / name).chmod(0o755)
    write(store, "file")
    assert not list(tmp_path.glob("*-commit-ran")) + list(tmp_path.glob("*-msg-ran"))


def test_the_first_commit_of_a_branch_without_any(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "new")
    repository = Repository(tmp_path / "new", tmp_path / "new/.git", tmp_path / "new/.git")
    (identity,) = write(repository, "file")
    assert git(repository, "rev-parse", "refs/heads/main") == identity
    assert git(repository, "status", "--porcelain", "--branch") == "## main"


def test_on_a_detached_head_only_head_moves(store: Repository, git: Git) -> None:
    write(store, "file")
    git(store, "checkout", "--quiet", "--detach")
    main = git(store, "rev-parse", "main")
    (identity,) = write(store, "more")
    assert git(store, "rev-parse", "HEAD") == identity
    assert git(store, "rev-parse", "main") == main
    assert read_head(store) == Head(identity, None)
    assert git(store, "status", "--porcelain") == ""


def test_a_linked_worktree_writes_its_own_branch(store: Repository, tmp_path: Path, git: Git) -> None:
    main = git(store, "rev-parse", "main")
    git(store, "worktree", "add", "--quiet", "-b", "side", tmp_path / "linked")
    linked = find_store(tmp_path / "linked")
    (identity,) = write(linked, "file")
    assert git(store, "rev-parse", "main", "side").split() == [main, identity]
    assert (tmp_path / "linked/file").exists()
    assert not (store.root / "file").exists()
    for repository in (store, linked):
        assert git(repository, "status", "--porcelain") == ""
        assert "trainstore" not in git(repository, "for-each-ref")


def test_a_submodule_is_a_store_like_any(store: Repository, tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "above")
    git(tmp_path / "above", "submodule", "--quiet", "add", store.root, "inner")
    inner = find_store(tmp_path / "above/inner")
    (identity,) = write(inner, "file")
    assert git(inner, "rev-parse", "HEAD") == identity
    assert git(inner, "status", "--porcelain") == ""
    assert git(tmp_path / "above", "status", "--porcelain") == "A  .gitmodules\nAM inner"


def test_a_shallow_clone_can_be_written(store: Repository, tmp_path: Path, git: Git) -> None:
    write(store, "first")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{store.root}", "shallow")
    shallow = find_store(tmp_path / "shallow")
    write(shallow, "second")
    assert git(shallow, "rev-list", "--count", "HEAD") == "2"
    assert git(shallow, "status", "--porcelain") == ""


def test_a_repository_of_sha256_is_written_and_removed_from(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "--object-format=sha256", "new")
    repository = Repository(tmp_path / "new", tmp_path / "new/.git", tmp_path / "new/.git")
    write(repository, "file")
    (identity,) = commit(repository, Remove("file"), Write("other", b"x"))
    assert len(identity) == 64
    assert git(repository, "ls-tree", "--name-only", "HEAD") == "other"
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.parametrize("setting", ["core.autocrlf=true", "core.autocrlf=input", "core.eol=crlf", "core.fileMode=false",
                                     "core.splitIndex=true", "core.untrackedCache=true", "index.version=4",
                                     "core.ignoreCase=true", "core.precomposeUnicode=true", "fetch.unpackLimit=1",
                                     "fastimport.unpackLimit=1", "core.logAllRefUpdates=always",
                                     "i18n.commitEncoding=latin1", "i18n.logOutputEncoding=latin1",
                                     "core.quotePath=true", "status.showUntrackedFiles=no", "diff.noprefix=true"])  # fmt: skip
def test_whatever_the_user_has_set_the_status_is_clean_after_a_write(
    store: Repository, git: Git, setting: str
) -> None:
    git(store, "config", *setting.split("="))
    record = f"{PLACE}/training_function_numpy_array_Net_1.json"
    commit(store, Write(record, b"{\n}\r\n"), Write("é", b"x\n"), message="é\n")
    commit(store, Write("é", b"y\n"), message="é\n")
    assert git(store, "status", "--porcelain") == ""
    assert (store.root / record).read_bytes() == b"{\n}\r\n"
    assert git(store, "-c", "i18n.logOutputEncoding=utf-8", "log", "-1", "--format=%B").strip() == "é"
    git(store, "update-index", "--refresh")


def test_a_lock_of_the_index_that_somebody_holds_is_waited_for(store: Repository, git: Git) -> None:
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
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trainstore.store import git_write

    monkeypatch.setattr(git_write, "_INDEX_WAIT_SECONDS", 0.1)
    lock = store.git_dir / "index.lock"
    before = state(store, git)
    lock.touch()
    with pytest.raises(TrainstoreError, match=r"index\.lock"):
        write(store, "file")
    lock.unlink()
    assert state(store, git) == before


def test_a_branch_that_someone_moves_meanwhile_keeps_both_commits(
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads: list[Head] = []

    def plan(head: Head) -> list[Commit]:
        heads.append(head)
        return [Commit("ours\n", (Write("ours", b"x\n"),))]

    real = transaction.update_index

    meddled: list[bool] = []

    def meddle(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
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
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(store, "branch", "other")
    main = git(store, "rev-parse", "main")
    real = transaction.update_index
    switched: list[bool] = []

    def meddle(*arguments: object) -> None:
        real(*arguments)  # type: ignore[arg-type]
        if not switched:
            switched.append(True)
            git(store, "symbolic-ref", "HEAD", "refs/heads/other")

    monkeypatch.setattr(transaction, "update_index", meddle)
    (identity,) = write(store, "file")
    assert git(store, "rev-parse", "main", "other").split() == [main, identity]
    assert git(store, "status", "--porcelain") == ""


def test_a_branch_that_never_rests_is_given_up(
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "_MOST_TRIES", 2)
    monkeypatch.setattr(transaction, "move_branch", lambda *_: False)
    before = state(store, git)
    with pytest.raises(GitFailed, match="moved 2 times"):
        write(store, "file")
    assert state(store, git) == before


def test_a_failure_half_way_leaves_nothing(
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(store, "old", b"old\n")
    before = state(store, git)
    for step in ("add_commits", "write_journal", "update_index", "move_branch"):
        for failure in (KeyboardInterrupt(), OSError(28, "No space left on device"), GitFailed("no")):
            with monkeypatch.context() as patch:
                real = getattr(transaction, step)
                calls: list[int] = []

                def fail(*arguments: object, real=real, calls=calls, failure=failure) -> object:
                    calls.append(1)
                    if len(calls) == 1:
                        raise failure
                    return real(*arguments)

                patch.setattr(transaction, step, fail)
                with pytest.raises(type(failure)):
                    commit(store, Write("new/file", b"x"), Write("old", b"new"), Remove(".dvcignore"))
            assert state(store, git) == before, step


def test_a_repository_named_by_the_environment_is_not_the_one_written_to(
    store: Repository, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "other")
    other = tmp_path / "other/.git"
    for name, value in {
        "GIT_DIR": other,
        "GIT_WORK_TREE": tmp_path / "other",
        "GIT_INDEX_FILE": other / "index",
        "GIT_OBJECT_DIRECTORY": other / "objects",
        "GIT_COMMON_DIR": other,
        "GIT_PREFIX": "sub/",
    }.items():
        monkeypatch.setenv(name, str(value))
    repository = find_store(store.root)
    write(repository, "file")
    for name in (
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_COMMON_DIR",
        "GIT_PREFIX",
    ):
        monkeypatch.delenv(name)
    assert git(store, "ls-tree", "--name-only", "HEAD", "file") == "file"
    assert git(store, "status", "--porcelain") == ""
    assert git(tmp_path / "other", "for-each-ref") == ""
    assert not (other / "index").exists()


def test_a_store_in_a_folder_with_any_name_can_be_written(
    store: Repository, tmp_path: Path, git: Git
) -> None:
    for name in ("a store [1] é試", "$HOME", "~", "-dash", 'quo"te'):
        shutil.copytree(store.root, tmp_path / "places" / name, symlinks=True)
        there = find_store(tmp_path / "places" / name)
        assert there.root == (tmp_path / "places" / name).resolve()
        write(there, "file")
        assert git(there, "status", "--porcelain") == ""


def test_many_files_go_in_at_once(store: Repository, git: Git) -> None:
    changes = tuple(Write(f"many/{number}", b"%d" % number) for number in range(1200))
    commit(store, *changes)
    assert git(store, "ls-tree", "-r", "--name-only", "HEAD", "many/").count("\n") == 1199
    assert git(store, "status", "--porcelain") == ""
    commit(store, *(Remove(change.path) for change in changes))
    assert not (store.root / "many").exists()
    assert git(store, "status", "--porcelain") == ""


def test_a_missing_git_is_told(store: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(store.git_dir))
    with pytest.raises(GitFailed, match="git program was not found"):
        write(store, "file")


def test_a_damaged_object_is_told(store: Repository, git: Git) -> None:
    write(store, "file", b"old\n")
    blob = git(store, "rev-parse", "HEAD:file")
    (store.git_dir / "objects" / blob[:2] / blob[2:]).unlink()
    (store.root / "file").write_text("edited\n")
    with pytest.raises(TrainstoreError):
        write(store, "file", b"new\n")
    assert subprocess.run(["git", "fsck"], cwd=store.root, capture_output=True, check=False).returncode != 0
