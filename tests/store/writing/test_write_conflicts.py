from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.errors import StoreConflict
from trainstore.store.git.changes import Change, Remove, Write
from trainstore.store.git.repository import Repository, find_store

Git = Callable[..., str]


def test_what_the_user_has_staged_edited_and_left_lying_stays(
    store: Repository, git: Git, write: Callable[..., list[str]], commit: Callable[..., list[str]]
) -> None:
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
    store: Repository,
    git: Git,
    in_the_way: Callable[[Repository, Git], None],
    change: Change,
    write: Callable[..., list[str]],
    commit: Callable[..., list[str]],
    state: Callable[..., dict[str, str]],
) -> None:
    write(store, "file")
    in_the_way(store, git)
    before = state(store)
    with pytest.raises(StoreConflict, match="'file'") as raised:
        commit(store, Write("other", b"x"), change)
    assert raised.value.hint
    assert state(store) == before
    assert (store.root / "file").is_symlink() == (in_the_way is _link)


@pytest.mark.parametrize("staged", [True, False])
def test_a_file_of_the_users_where_a_folder_must_stand_is_a_conflict(
    store: Repository,
    git: Git,
    staged: bool,
    write: Callable[..., list[str]],
    state: Callable[..., dict[str, str]],
) -> None:
    (store.root / "folder").write_text("mine\n")
    if staged:
        git(store, "add", "folder")
    before = state(store)
    with pytest.raises(StoreConflict, match="folder"):
        write(store, "folder/new/file")
    assert state(store) == before


@pytest.mark.parametrize("inside", [True, False])
def test_a_symbolic_link_on_the_way_is_refused(
    store: Repository,
    tmp_path: Path,
    git: Git,
    inside: bool,
    write: Callable[..., list[str]],
    state: Callable[..., dict[str, str]],
) -> None:
    aim = store.root / ".git" if inside else tmp_path / "outside"
    aim.mkdir(exist_ok=True)
    (store.root / "linked").symlink_to(aim)
    found = sorted(aim.iterdir())
    before = state(store)
    with pytest.raises(StoreConflict, match="link"):
        write(store, "linked/new/file")
    with pytest.raises(StoreConflict, match="link"):
        write(store, "linked/file")
    assert state(store) == before
    assert [file for file in sorted(aim.iterdir()) if file.name != "trainstore"] == [
        file for file in found if file.name != "trainstore"
    ]


def test_a_store_that_is_reached_through_a_link_can_be_written(
    store: Repository, tmp_path: Path, write: Callable[..., list[str]]
) -> None:
    (tmp_path / "link").symlink_to(store.root)
    write(find_store(tmp_path / "link"), "file")
    assert (store.root / "file").exists()
