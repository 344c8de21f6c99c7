"""A DVC remote by each DVC that trainstore allows, and what of it is never told."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lowest_dvc import PYTHON, make_environment

from trainstore.errors import UsageError
from trainstore.store.remotes.dvc_remote import DvcRemote
from trainstore.store.remotes.remote_errors import remote_errors_told, secrets_of

ROOT = Path(__file__).parents[3]
MOVES = """\
import sys
from pathlib import Path
from trainstore.store.remotes.dvc_remote import DvcRemote
root, identity = Path(sys.argv[1]), sys.argv[2]
remote, counted = DvcRemote(root), []
assert remote.find([identity]) == {}
remote.send(identity, root / "file", counted.append)
assert remote.find([identity])[identity].size == 5
remote.receive(identity, root / "back", counted.append)
remote.clear_stale()
assert (root / "back").read_bytes() == b"hello" and sum(counted) == 10
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store's folder with a DVC remote beside it, and nothing else."""
    (tmp_path / "store/.dvc").mkdir(parents=True)
    (tmp_path / "shelf").mkdir()
    told = "[core]\n    remote = shelf\n['remote \"shelf\"']\n    url = ../../shelf\n"
    (tmp_path / "store/.dvc/config").write_text(told)
    (tmp_path / "store/file").write_bytes(b"hello")
    return tmp_path / "store"


@pytest.mark.slow
@pytest.mark.parametrize("dvc", ["installed", "lowest"])
def test_an_object_travels_there_and_back(root: Path, dvc: str) -> None:
    if dvc == "lowest" and (refused := make_environment()):
        pytest.skip(refused)
    identity = hashlib.md5(b"hello", usedforsecurity=False).hexdigest()
    subprocess.run(
        [sys.executable if dvc == "installed" else PYTHON, "-c", MOVES, root, identity],
        check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, cwd=root,
    )  # fmt: skip
    (kept,) = (file for file in (root.parent / "shelf").rglob("*") if file.is_file())
    assert kept.relative_to(root.parent / "shelf") == Path("files/md5", identity[:2], identity[2:])


@pytest.mark.parametrize("login", ["me", "me:hunter2", "me:hunter@2", "me@here:h@u@nter2"])
def test_addresses_are_told_without_who_logs_in(root: Path, login: str) -> None:
    (root / ".dvc/config").write_text(f"['remote \"far\"']\n    url = ssh://{login}@example.org/store\n")
    assert DvcRemote(root).address == "ssh://example.org/store"


def test_no_secret_of_the_configuration_is_in_an_error() -> None:
    secrets = secrets_of(
        {"password": "hunter2", "secret_access_key": "abc/def", "url": "s3://open", "port": 22}
    )
    assert secrets == {"hunter2", "abc/def"}
    with (
        pytest.raises(Exception, match="Could not ask the DVC remote 'far'") as caught,
        remote_errors_told("far", "ask", secrets),
    ):
        raise OSError("login me with hunter2 at https://me:pw@example.org failed; abc/def")
    told = caught.value.message + caught.value.hint  # type: ignore[attr-defined]
    assert not any(word in told for word in ("hunter2", "abc/def", "pw@"))


@pytest.mark.parametrize("setting", ["version_aware = true", "worktree = true"])
def test_a_remote_that_keeps_no_objects_by_their_ids_is_refused(root: Path, setting: str) -> None:
    (root / ".dvc/config").write_text(f"['remote \"far\"']\n    url = s3://bucket/x\n    {setting}\n")
    with pytest.raises(UsageError, match="keeps files under their names"):
        DvcRemote(root)
