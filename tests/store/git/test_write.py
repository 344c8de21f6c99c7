import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import GitFailed
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.repository import Repository, find_repository
from trainstore.store.git.write import has_identity, make_repository, set_config
from trainstore.store.writing.transaction import commit_changes

Git = Callable[..., str]
VALUES = [
    "plain",
    "",
    'with "quotes"',
    "back\\slash",
    "; semicolon",
    "# hash",
    " outer ",
    "new\nline",
    "é",
    "true",
    "-x",
]


@pytest.fixture
def no_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nobody has told git who they are."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    for name in ("EMAIL", "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def signing(store: Repository, tmp_path: Path, git: Git) -> Path:
    """A store whose user signs every commit with a key of ssh; the folder of the key."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed, so nothing can be signed")
    keys = tmp_path / "keys"
    keys.mkdir()
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "tess", "-f", str(keys / "key")]
    subprocess.run(command, check=True)
    public = (keys / "key.pub").read_text()
    (keys / "allowed").write_text(f"tess@example.org {public}")
    for key, value in {
        "gpg.format": "ssh",
        "user.signingKey": keys / "key.pub",
        "gpg.ssh.allowedSignersFile": keys / "allowed",
        "commit.gpgSign": "true",
    }.items():
        git(store, "config", key, value)
    return keys


def write(store: Repository, *messages: str, **fields: Any) -> list[str]:
    commits = [
        Commit(message, (Write(f"file-{place}", message.encode()),), **fields)
        for place, message in enumerate(messages)
    ]
    return commit_changes(store, lambda _: commits)


def test_who_the_user_is_stands_in_the_commit(
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Zoë <Au> Thor")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "col@example.org")
    write(store, "one\n")
    told = git(store, "log", "-1", "--format=%an|%ae|%cn|%ce")
    assert told == "Zoë Au Thor|tess@example.org|Tess Ter|col@example.org"
    assert has_identity(store)


def test_without_an_identity_a_commit_is_trainstores_and_nothing_is_configured(
    store: Repository, git: Git, no_identity: None
) -> None:
    config = (store.git_dir / "config").read_bytes()
    write(store, "one\n")
    told = git(store, "log", "-1", "--format=%an <%ae> %cn <%ce>")
    assert told == " ".join(["trainstore <trainstore@localhost>"] * 2)
    assert not has_identity(store)
    assert (store.git_dir / "config").read_bytes() == config


def test_a_name_without_an_address_is_no_identity(store: Repository, git: Git, no_identity: None) -> None:
    git(store, "config", "user.name", "Tess")
    write(store, "one\n")
    assert git(store, "log", "-1", "--format=%an <%ae>") == "trainstore <trainstore@localhost>"


def test_the_zone_of_the_user_stands_in_the_commit(
    store: Repository, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "XYZ-5:45")
    time.tzset()
    try:
        write(store, "one\n")
    finally:
        monkeypatch.undo()
        time.tzset()
    assert git(store, "log", "-1", "--format=%ad", "--date=format:%z") == "+0545"


def test_every_commit_is_signed_where_the_user_signs(store: Repository, git: Git, signing: Path) -> None:
    unsigned = git(store, "rev-parse", "HEAD")
    messages = ["first\n\nKey: é\n", "second\n"]
    ids = write(store, *messages, author_time=86_400)
    assert git(store, "rev-list", f"{unsigned}..HEAD").split() == ids[::-1]
    for commit, message in zip(ids, messages, strict=True):
        git(store, "verify-commit", commit)
        assert (
            git(store, "show", "--no-patch", "--format=%G?%an <%ae>", commit)
            == "GTess Ter <tess@example.org>"
        )
        assert git(store, "show", "--no-patch", "--format=%at", commit) == "86400"
        assert git(store, "cat-file", "commit", commit).split("-----\n\n", 1)[1] == message.rstrip("\n")
    assert git(store, "status", "--porcelain") == ""
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    git(store, "fsck", "--strict", "--no-dangling")


def test_an_unborn_branch_is_signed_too(store: Repository, git: Git, signing: Path) -> None:
    git(store, "checkout", "--quiet", "--orphan", "other")
    (commit,) = write(store, "first\n")
    git(store, "verify-commit", commit)
    assert git(store, "rev-list", "--count", "HEAD") == "1"


def test_a_user_who_signs_without_an_identity_still_signs(
    store: Repository, git: Git, signing: Path, no_identity: None
) -> None:
    (commit,) = write(store, "first\n")
    assert "BEGIN SSH SIGNATURE" in git(store, "cat-file", "commit", commit)
    assert (
        git(store, "show", "--no-patch", "--format=%an <%ae>", commit) == "trainstore <trainstore@localhost>"
    )


def test_a_key_that_is_missing_is_told_and_nothing_is_left(
    store: Repository, git: Git, signing: Path
) -> None:
    head = git(store, "rev-parse", "HEAD")
    for file in signing.iterdir():
        file.unlink()
    with pytest.raises(GitFailed, match="commit-tree"):
        write(store, "first\n")
    assert git(store, "rev-parse", "HEAD") == head
    assert git(store, "status", "--porcelain") == ""
    assert git(store, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


@pytest.mark.parametrize("value", VALUES, ids=ascii)
def test_a_configured_value_is_what_git_reads(store: Repository, git: Git, value: str) -> None:
    set_config(store, "diff.trainstore.textconv", value)
    before = (store.git_dir / "config").read_bytes()
    assert git(store, "config", "--null", "--get", "diff.trainstore.textconv") == f"{value}\0"
    set_config(store, "diff.trainstore.textconv", value)
    assert (store.git_dir / "config").read_bytes() == before


def test_a_repository_is_made_where_the_environment_names_another(
    tmp_path: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "other")
    config = (tmp_path / "other/.git/config").read_bytes()
    (tmp_path / "new").mkdir()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other/.git"))
    make_repository(tmp_path / "new")
    set_config(Repository(tmp_path / "new", tmp_path / "new/.git", tmp_path / "new/.git"), "x.y", "z")
    monkeypatch.delenv("GIT_DIR")
    made = find_repository(tmp_path / "new")
    assert made is not None
    assert made.git_dir == tmp_path / "new/.git"
    assert git(tmp_path / "new", "config", "x.y") == "z"
    assert git(tmp_path / "new", "status", "--porcelain") == ""
    assert (tmp_path / "other/.git/config").read_bytes() == config
