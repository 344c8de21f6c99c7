from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.errors import GitFailed
from trainstore.store.git.read import ask_git, list_tree, read_blobs, read_file, try_git
from trainstore.store.git.repository import Repository

Git = Callable[..., str]


@pytest.fixture
def filled(store: Repository, git: Git) -> Repository:
    """A store with files of every kind."""
    for path, content in {"empty": b"", "a/é 試\n": b"\0\xff\r\n", "a/[b]*": b"x", "a/b": b"y"}.items():
        (store.root / path).parent.mkdir(exist_ok=True)
        (store.root / path).write_bytes(content)
    (store.root / "link").symlink_to("empty")
    git(store, "add", "--all")
    git(store, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},submodule")
    git(store, "commit", "--quiet", "-m", "fill")
    return store


def test_a_tree_is_listed_by_literal_paths(filled: Repository, git: Git) -> None:
    blob = git(filled, "rev-parse", "HEAD:a/b")
    assert list_tree(filled.root, "HEAD", ["a/b"]) == {"a/b": blob}
    assert set(list_tree(filled.root, "HEAD", ["a"])) == {"a/é 試\n", "a/[b]*", "a/b"}
    assert set(list_tree(filled.root, "HEAD", ["a/[b]*", "missing", ":a"])) == {"a/[b]*"}
    assert set(list_tree(filled.root, "HEAD", ["submodule", "link"])) == {"link"}


def test_blobs_are_read_to_the_byte(filled: Repository) -> None:
    blobs = list_tree(filled.root, "HEAD", ["a", "empty"])
    contents = read_blobs(filled.root, [*blobs.values(), *blobs.values()])
    assert {path: contents[blob] for path, blob in blobs.items()} == {
        "empty": b"", "a/é 試\n": b"\0\xff\r\n", "a/[b]*": b"x", "a/b": b"y",
    }  # fmt: skip
    assert read_blobs(filled.root, []) == {}
    assert read_file(filled.root, "HEAD", "a/é 試\n") == b"\0\xff\r\n"


def test_a_blob_that_lacks_is_told(filled: Repository) -> None:
    with pytest.raises(GitFailed, match=f"{'1' * 40} is missing"):
        read_blobs(filled.root, ["1" * 40])


def test_a_file_that_a_commit_has_not_is_told(filled: Repository) -> None:
    for path in ("missing", "a", "", "../x", "--help"):
        with pytest.raises(GitFailed):
            read_file(filled.root, "HEAD", path)


def test_a_refusal_is_told_in_gits_words_or_is_an_answer(filled: Repository) -> None:
    with pytest.raises(GitFailed, match=r"git rev-parse failed: .*nonsense") as raised:
        ask_git(filled.root, ["rev-parse", "nonsense", "--"])
    assert raised.value.hint
    assert try_git(filled.root, ["rev-parse", "--verify", "--quiet", "nonsense"]) is None


def test_a_folder_or_a_git_that_lacks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "missing", tmp_path / "file"):
        with pytest.raises(GitFailed, match="There is no folder"):
            ask_git(folder, ["status"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailed, match="git program was not found"):
        ask_git(tmp_path, ["status"])


def test_reading_never_writes(filled: Repository, git: Git) -> None:
    before = {file: file.stat().st_mtime_ns for file in filled.git_dir.rglob("*")}
    list_tree(filled.root, "HEAD", ["a"])
    ask_git(filled.root, ["status", "--porcelain"])
    ask_git(filled.root, ["ls-files", "-s"])
    assert {file: file.stat().st_mtime_ns for file in filled.git_dir.rglob("*")} == before
