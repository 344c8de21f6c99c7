import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.store.git.changes import Commit, Remove, Write
from trainstore.store.git.repository import Head, Repository, find_store, read_head
from trainstore.store.writing.transaction import commit_changes

Git = Callable[..., str]


PLACE = "generated_training_functions/numpy_array/Net"


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


def test_the_reflog_tells_what_happened(store: Repository, git: Git, write: Callable[..., list[str]]) -> None:
    write(store, "a", message="save it\n")
    assert git(store, "log", "-g", "-1", "--format=%gs") == "trainstore: save it"


def test_an_empty_plan_writes_nothing(
    store: Repository, git: Git, state: Callable[..., dict[str, str]]
) -> None:
    before = state(store)
    assert commit_changes(store, lambda _: []) == []
    assert state(store) == before


def test_a_removed_file_takes_its_empty_folders_along(
    store: Repository, git: Git, write: Callable[..., list[str]], commit: Callable[..., list[str]]
) -> None:
    write(store, "deep/er/file")
    (store.root / "deep/mine").write_text("kept")
    commit(store, Remove("deep/er/file"))
    assert sorted(file.name for file in (store.root / "deep").iterdir()) == ["mine"]
    assert git(store, "status", "--porcelain") == "?? deep/"


@pytest.mark.parametrize(
    "path",
    ["with space", "tab\there", 'quo"te', "back\\slash", "new\nline", "é/모델", "#", "-dash", ":colon", "*"],
)
def test_any_path_is_written_and_removed(
    store: Repository, git: Git, path: str, write: Callable[..., list[str]], commit: Callable[..., list[str]]
) -> None:
    write(store, path, b"content")
    assert git(store, "ls-tree", "-z", "--name-only", "-r", "HEAD").split("\0").count(path) == 1
    assert git(store, "status", "--porcelain") == ""
    commit(store, Remove(path))
    assert not (store.root / path).exists()
    assert git(store, "status", "--porcelain") == ""


def test_the_users_hooks_do_not_run(
    store: Repository, tmp_path: Path, write: Callable[..., list[str]]
) -> None:
    hooks = store.git_dir / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("pre-commit", "commit-msg", "prepare-commit-msg", "post-commit", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/{name}-ran'\nexit 1\n")
        (hooks / name).chmod(0o755)
    write(store, "file")
    assert not list(tmp_path.glob("*-commit-ran")) + list(tmp_path.glob("*-msg-ran"))


def test_the_first_commit_of_a_branch_without_any(
    tmp_path: Path, git: Git, write: Callable[..., list[str]]
) -> None:
    git(tmp_path, "init", "--quiet", "new")
    repository = Repository(tmp_path / "new", tmp_path / "new/.git", tmp_path / "new/.git")
    (identity,) = write(repository, "file")
    assert git(repository, "rev-parse", "refs/heads/main") == identity
    assert git(repository, "status", "--porcelain", "--branch") == "## main"


def test_on_a_detached_head_only_head_moves(
    store: Repository, git: Git, write: Callable[..., list[str]]
) -> None:
    write(store, "file")
    git(store, "checkout", "--quiet", "--detach")
    main = git(store, "rev-parse", "main")
    (identity,) = write(store, "more")
    assert git(store, "rev-parse", "HEAD") == identity
    assert git(store, "rev-parse", "main") == main
    assert read_head(store) == Head(identity, None)
    assert git(store, "status", "--porcelain") == ""


def test_a_linked_worktree_writes_its_own_branch(
    store: Repository, tmp_path: Path, git: Git, write: Callable[..., list[str]]
) -> None:
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


def test_a_submodule_is_a_store_like_any(
    store: Repository, tmp_path: Path, git: Git, write: Callable[..., list[str]]
) -> None:
    git(tmp_path, "init", "--quiet", "above")
    git(tmp_path / "above", "submodule", "--quiet", "add", store.root, "inner")
    inner = find_store(tmp_path / "above/inner")
    (identity,) = write(inner, "file")
    assert git(inner, "rev-parse", "HEAD") == identity
    assert git(inner, "status", "--porcelain") == ""
    assert git(tmp_path / "above", "status", "--porcelain") == "A  .gitmodules\nAM inner"


def test_a_shallow_clone_can_be_written(
    store: Repository, tmp_path: Path, git: Git, write: Callable[..., list[str]]
) -> None:
    write(store, "first")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{store.root}", "shallow")
    shallow = find_store(tmp_path / "shallow")
    write(shallow, "second")
    assert git(shallow, "rev-list", "--count", "HEAD") == "2"
    assert git(shallow, "status", "--porcelain") == ""


def test_a_repository_of_sha256_is_written_and_removed_from(
    tmp_path: Path, git: Git, write: Callable[..., list[str]], commit: Callable[..., list[str]]
) -> None:
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
    store: Repository, git: Git, setting: str, commit: Callable[..., list[str]]
) -> None:
    git(store, "config", *setting.split("="))
    record = f"{PLACE}/training_function_numpy_array_Net_1.json"
    commit(store, Write(record, b"{\n}\r\n"), Write("é", b"x\n"), message="é\n")
    commit(store, Write("é", b"y\n"), message="é\n")
    assert git(store, "status", "--porcelain") == ""
    assert (store.root / record).read_bytes() == b"{\n}\r\n"
    assert git(store, "-c", "i18n.logOutputEncoding=utf-8", "log", "-1", "--format=%B").strip() == "é"
    git(store, "update-index", "--refresh")


def test_a_repository_named_by_the_environment_is_not_the_one_written_to(
    store: Repository,
    tmp_path: Path,
    git: Git,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[..., list[str]],
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
    store: Repository, tmp_path: Path, git: Git, write: Callable[..., list[str]]
) -> None:
    for name in ("a store [1] é試", "$HOME", "~", "-dash", 'quo"te'):
        shutil.copytree(store.root, tmp_path / "places" / name, symlinks=True)
        there = find_store(tmp_path / "places" / name)
        assert there.root == (tmp_path / "places" / name).resolve()
        write(there, "file")
        assert git(there, "status", "--porcelain") == ""


@pytest.mark.slow
def test_many_files_go_in_at_once(store: Repository, git: Git, commit: Callable[..., list[str]]) -> None:
    changes = tuple(Write(f"many/{number}", b"%d" % number) for number in range(600))
    commit(store, *changes)
    assert git(store, "ls-tree", "-r", "--name-only", "HEAD", "many/").count("\n") == 599
    assert git(store, "status", "--porcelain") == ""
    commit(store, *(Remove(change.path) for change in changes))
    assert not (store.root / "many").exists()
    assert git(store, "status", "--porcelain") == ""
