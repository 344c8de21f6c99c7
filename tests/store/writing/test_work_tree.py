import os
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.errors import StoreConflict
from trainstore.store.writing.work_tree import (
    clear_passing,
    read_or_none,
    remove_file,
    resolve_path,
    write_file,
    write_files,
)


def test_a_file_is_written_with_its_folders_and_nothing_else(tmp_path: Path) -> None:
    write_file(tmp_path / "a/b/c", b"\0\xff")
    write_file(tmp_path / "a/b/c", b"new")
    assert (tmp_path / "a/b/c").read_bytes() == b"new"
    assert list((tmp_path / "a/b").iterdir()) == [tmp_path / "a/b/c"]
    assert (tmp_path / "a/b/c").stat().st_mode & 0o777 == 0o666 & ~current_umask()


def current_umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.parametrize("count", [3, 100])
def test_a_write_that_fails_leaves_no_passing_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    (tmp_path / "file-0").write_bytes(b"old")
    real: Callable[..., Path] = Path.replace
    calls: list[int] = []

    def full(self: Path, target: Path) -> Path:
        calls.append(1)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_files({tmp_path / f"file-{number}": b"new" for number in range(count)})
    assert [file.name for file in tmp_path.iterdir()] == ["file-0"]


def test_what_a_killed_write_left_is_cleared_and_nothing_of_the_users(tmp_path: Path) -> None:
    (tmp_path / ".0123456789abcdef.trainstore-tmp").write_bytes(b"half")
    (tmp_path / ".mine.tmp").write_bytes(b"mine")
    clear_passing([tmp_path, tmp_path / "missing"])
    assert [file.name for file in tmp_path.iterdir()] == [".mine.tmp"]


def test_a_removed_file_takes_empty_folders_along_up_to_the_root(tmp_path: Path) -> None:
    for path in ("a/b/c", "a/kept"):
        write_file(tmp_path / path, b"x")
    remove_file(tmp_path, tmp_path / "a/b/c")
    assert not (tmp_path / "a/b").exists()
    assert (tmp_path / "a/kept").exists()
    remove_file(tmp_path, tmp_path / "a/kept")
    remove_file(tmp_path, tmp_path / "a/kept")
    assert tmp_path.exists()
    assert not list(tmp_path.iterdir())


def test_only_a_regular_file_has_content(tmp_path: Path) -> None:
    write_file(tmp_path / "file", b"x")
    (tmp_path / "link").symlink_to("file")
    assert read_or_none(tmp_path / "file") == b"x"
    for name in ("link", ".", "missing", "file/inner", "missing/inner"):
        assert read_or_none(tmp_path / name) is None


def test_where_a_path_stands(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    assert resolve_path(tmp_path, "a/new/file") == tmp_path / "a/new/file"
    assert resolve_path(tmp_path, "file") == tmp_path / "file"


@pytest.mark.parametrize("aim", ["elsewhere", ".", "missing", "/"])
def test_a_link_on_the_way_is_refused_wherever_it_leads(tmp_path: Path, aim: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(aim)
    for path in ("link/file", "link/deep/file"):
        with pytest.raises(StoreConflict, match="'link' leads elsewhere"):
            resolve_path(tmp_path, path)


def test_a_file_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for path in ("file/inner", "file/deep/inner"):
        with pytest.raises(StoreConflict, match="'file' is a file"):
            resolve_path(tmp_path, path)


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../beside", "a/../../beside", "a//b", "./a", "", "a/"),
        *(
            ".git/commondir",
            "a/.git/config",
            ".GIT/config",
            ".git./x",
            ".git /x",
            ".git::$INDEX_ALLOCATION/x",
        ),
        *("git~1/config", ".g\u200cit/config", ".git\\config", ".git"),
    ],
)
def test_a_path_that_leads_out_or_into_git_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(StoreConflict, match="not a path inside the store"):
        resolve_path(tmp_path, path)


def test_what_only_looks_like_gits_folder_is_a_path(tmp_path: Path) -> None:
    for path in (".gitignore", ".gitattributes", "a/.gitkeep", "digit~1/x", "my.git/x", "git/x"):
        assert resolve_path(tmp_path, path) == tmp_path / path
