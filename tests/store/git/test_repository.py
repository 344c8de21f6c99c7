import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.errors import GitFailed, StoreNotFound
from trainstore.store.git.repository import Head, Repository, find_repository, find_store, read_head

Git = Callable[..., str]


def test_a_store_is_found_from_any_folder_inside(store: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = store.root / "generated_training_functions"
    assert find_store(inside) == find_store(store.root) == store
    monkeypatch.chdir(inside)
    assert find_store(Path(".")) == store
    assert store.state == store.root / ".git/trainstore"
    assert store.main_root is None


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda root, git: None, "is not inside a store: there is no git repository"),
        (lambda root, git: git(root, "init", "--quiet"), "holds no store"),
        (lambda root, git: (root / "generated_training_functions").mkdir(), "there is no git repository"),
        (lambda root, git: (root / ".git").mkdir(), "there is no git repository"),
    ],
)
def test_anything_else_is_no_store_and_the_hint_says_how_to_make_one(
    tmp_path: Path, git: Git, make: Callable[[Path, Git], None], reason: str
) -> None:
    make(tmp_path, git)
    with pytest.raises(StoreNotFound, match=reason) as raised:
        find_store(tmp_path)
    assert "trainstore init" in raised.value.hint


@pytest.mark.parametrize("name", ["missing", "file", "file/inner"])
def test_a_folder_that_is_none_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreNotFound, match="There is no folder"):
        find_store(tmp_path / name)


def test_a_repository_of_somebody_else_is_told_in_gits_words(
    store: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setattr(os, "geteuid", lambda: store.root.stat().st_uid + 1)
    with pytest.raises(GitFailed, match="dubious ownership"):
        find_store(store.root)


@pytest.mark.parametrize(
    "prepare",
    [
        ["status"],
        ["config", "core.worktree", "../elsewhere"],
        ["config", "include.path", "more"],
        ["init", "--quiet", "inner"],
        ["init", "--quiet", "--bare", "inner"],
        ["init", "--quiet", "--separate-git-dir", "apart", "inner"],
        ["worktree", "add", "--quiet", "--detach", "inner/below"],
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_a_repository_is_found_where_git_finds_it(
    store: Repository, tmp_path: Path, git: Git, prepare: list[str]
) -> None:
    git(store, *prepare)
    (tmp_path / "elsewhere").mkdir()
    (store.root / "inner/below").mkdir(parents=True, exist_ok=True)
    (tmp_path / "link").symlink_to(store.root / "inner/below")
    for start in (store.root, store.root / "inner/below", tmp_path / "link"):
        told = subprocess.run(
            ["git", "rev-parse", "--path-format=absolute", "--show-toplevel", "--git-dir", "--git-common-dir"],
            cwd=start, capture_output=True, text=True, check=False,
        )  # fmt: skip
        try:
            found = find_repository(start)
        except GitFailed:
            found = None
        assert (told.stdout.split() if told.returncode == 0 else None) == (found and [*map(str, found)])


def test_a_bare_repository_is_told(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "--bare")
    with pytest.raises(GitFailed, match="work tree"):
        find_store(tmp_path)


def test_a_linked_worktree_has_its_own_state_and_knows_the_main_one(
    store: Repository, tmp_path: Path, git: Git
) -> None:
    git(store, "worktree", "add", "--quiet", tmp_path / "linked")
    linked = find_store(tmp_path / "linked")
    assert linked.root == tmp_path / "linked"
    assert linked.common_dir == store.git_dir
    assert linked.state == store.git_dir / "worktrees/linked/trainstore"
    assert linked.main_root == store.root


def test_a_worktree_of_a_bare_repository_has_no_main_one(store: Repository, tmp_path: Path, git: Git) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", store.root, "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "--quiet", tmp_path / "linked", "main")
    assert find_store(tmp_path / "linked").main_root is None


def test_head_is_a_commit_and_a_branch_as_far_as_there_are(store: Repository, git: Git) -> None:
    commit = git(store, "rev-parse", "HEAD")
    assert read_head(store) == Head(commit, "refs/heads/main")
    git(store, "checkout", "--quiet", "-b", "feature/é")
    assert read_head(store) == Head(commit, "refs/heads/feature/é")
    git(store, "checkout", "--quiet", "--detach")
    assert read_head(store) == Head(commit, None)
    git(store, "checkout", "--quiet", "--orphan", "new")
    assert read_head(store) == Head(None, "refs/heads/new")


def test_a_file_named_head_does_not_matter(store: Repository, git: Git) -> None:
    (store.root / "HEAD").write_text("x")
    assert read_head(store).branch == "refs/heads/main"


def test_the_environment_of_a_hook_does_not_matter(
    store: Repository, tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    monkeypatch.setenv("GIT_GLOB_PATHSPECS", "1")
    found = find_repository(store.root)
    assert found == store
    assert read_head(store).commit is not None
