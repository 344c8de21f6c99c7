import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trainstore.disk_format.trailers import from_message
from trainstore.errors import GitFailed, StoreConflict, UsageError
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.git.write import set_config
from trainstore.workflows.init import init_store

Git = Callable[..., str]
FILES = [
    ".dvc/.gitignore",
    ".dvc/config",
    ".dvcignore",
    ".gitattributes",
    ".gitignore",
    "generated_training_functions/README.md",
]


def test_a_new_folder_becomes_a_store_with_one_commit(tmp_path: Path, git: Git) -> None:
    result = init_store(tmp_path / "deep/er")
    store = find_store(tmp_path / "deep/er")
    assert result.root == store.root == tmp_path / "deep/er"
    assert git(store, "rev-list", "HEAD") == result.commit
    assert git(store, "ls-files").split("\n") == FILES
    assert git(store, "status", "--porcelain") == ""
    assert from_message(git(store, "log", "-1", "--format=%B")) == [("Trainstore-Action", "init")]
    assert result.identity is None


def test_doing_it_again_changes_nothing(store: Repository, git: Git) -> None:
    before = git(store, "rev-parse", "HEAD"), (store.git_dir / "config").read_bytes()
    assert init_store(store.root).commit is None
    assert (git(store, "rev-parse", "HEAD"), (store.git_dir / "config").read_bytes()) == before
    assert git(store, "status", "--porcelain") == ""


def test_a_relative_folder_is_where_the_user_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert init_store(Path("here")).root == tmp_path / "here"
    monkeypatch.chdir(tmp_path / "here")
    assert init_store(Path(".")).root == tmp_path / "here"


def test_who_commits_where_git_knows_nobody_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    assert init_store(tmp_path / "store").identity == "trainstore <trainstore@localhost>"


def test_what_a_repository_has_already_is_kept(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "code")
    root = tmp_path / "code"
    (root / ".gitignore").write_text("*.pyc\n/training_runs/**/checkpoint/")
    (root / ".gitattributes").write_text("*.bin binary\r\n")
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text("[core]\n    remote = mine\n")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "-m", "mine")
    (root / "untracked").write_text("mine")
    init_store(root)
    assert (root / ".gitignore").read_text() == "*.pyc\n/training_runs/**/checkpoint/"
    lines = (root / ".gitattributes").read_bytes().split(b"\n")
    assert lines[0] == b"*.bin binary\r"
    assert lines[1].startswith(b"/generated_training_functions/**/*.json ")
    assert (root / ".dvc/config").read_text() == "[core]\n    remote = mine\n"
    assert git(root, "status", "--porcelain") == "?? untracked"
    assert init_store(root).commit is None


def test_lines_begin_on_a_line_of_their_own(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "code")
    (tmp_path / "code/.gitignore").write_text("*.pyc")
    git(tmp_path / "code", "add", ".")
    git(tmp_path / "code", "commit", "--quiet", "-m", "mine")
    init_store(tmp_path / "code")
    assert (tmp_path / "code/.gitignore").read_text() == "*.pyc\n/training_runs/**/checkpoint/\n"


def test_an_edit_of_the_users_in_the_way_is_a_conflict(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "code")
    (tmp_path / "code/.gitignore").write_text("*.pyc\n")
    with pytest.raises(StoreConflict, match=r"\.gitignore"):
        init_store(tmp_path / "code")
    assert (tmp_path / "code/.gitignore").read_text() == "*.pyc\n"
    assert git(tmp_path / "code", "status", "--porcelain") == "?? .gitignore"


@pytest.mark.parametrize("gone", FILES)
def test_a_file_that_lacks_is_put_back_as_it_was_committed(store: Repository, git: Git, gone: str) -> None:
    (store.root / gone).write_bytes((store.root / gone).read_bytes() + b"# mine\n")
    git(store, "commit", "--quiet", "-a", "-m", "mine")
    (store.root / gone).unlink()
    assert init_store(store.root).commit is None
    assert (store.root / gone).read_bytes().endswith(b"# mine\n")
    assert git(store, "status", "--porcelain") == ""


def test_a_folder_inside_another_repository_is_refused(store: Repository, git: Git) -> None:
    (store.root / "sub").mkdir()
    for folder in (store.root / "sub", store.root / "new/er"):
        with pytest.raises(UsageError, match="lies inside") as raised:
            init_store(folder)
        assert shlex.quote(str(store.root)) in raised.value.hint
        assert not (folder / ".git").exists()
    assert not (store.root / "new").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file/inner"):
        with pytest.raises(UsageError, match="cannot be a folder"):
            init_store(folder)


def test_a_bare_repository_and_gits_own_folder_are_refused(tmp_path: Path, git: Git) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "bare")
    git(tmp_path, "init", "--quiet", "code")
    for folder in (tmp_path / "bare", tmp_path / "code/.git", tmp_path / "code/.git/new"):
        with pytest.raises(GitFailed, match="work tree"):
            init_store(folder)
        assert not (folder / ".git").exists()


def test_a_clone_gets_what_git_does_not_copy(store: Repository, tmp_path: Path, git: Git) -> None:
    git(tmp_path, "clone", "--quiet", store.root, "clone")
    head = git(tmp_path / "clone", "rev-parse", "HEAD")
    assert init_store(tmp_path / "clone").commit is None
    assert git(tmp_path / "clone", "rev-parse", "HEAD") == head
    converter = git(tmp_path / "clone", "config", "diff.trainstore.textconv")
    assert converter == git(store, "config", "diff.trainstore.textconv")


def test_a_linked_worktree_shares_the_cache_of_dvc(store: Repository, tmp_path: Path, git: Git) -> None:
    git(store, "worktree", "add", "--quiet", "-b", "side", tmp_path / "linked")
    init_store(tmp_path / "linked")
    local = (tmp_path / "linked/.dvc/config.local").read_text()
    assert f'"{store.root}/.dvc/cache"' in local
    assert git(tmp_path / "linked", "status", "--porcelain") == ""
    (tmp_path / "linked/.dvc/config.local").write_text("[cache]\n    dir = /mine\n")
    init_store(tmp_path / "linked")
    assert (tmp_path / "linked/.dvc/config.local").read_text() == "[cache]\n    dir = /mine\n"


def change_code(store: Repository, git: Git, save_versions: Callable[..., list[str]]) -> str:
    """Commit a record, then other code under the same path with plain git; return the path."""
    (path,) = save_versions(1)
    content = json.loads((store.root / path).read_bytes())
    content["training_code"] = content["training_code"].replace("loss", "changed")
    (store.root / path).write_text(json.dumps(content))
    git(store, "commit", "--quiet", "-a", "-m", "change")
    return path


def test_plain_git_shows_code_as_lines(
    store: Repository, git: Git, save_versions: Callable[..., list[str]]
) -> None:
    change_code(store, git, save_versions)
    for command in (["diff", "HEAD~1", "HEAD"], ["show", "HEAD"], ["log", "-p", "-1"]):
        told = git(store, *command).split("\n")
        assert '-    return model, {"loss": 0.5}' in told
        assert '+    return model, {"changed": 0.5}' in told
        assert " def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):" in told


def test_plain_git_works_where_the_converter_has_vanished(
    store: Repository, git: Git, save_versions: Callable[..., list[str]]
) -> None:
    change_code(store, git, save_versions)
    converter = git(store, "config", "diff.trainstore.textconv")
    set_config(store, "diff.trainstore.textconv", converter.replace(sys.executable, "/vanished/python"))
    assert '\\"changed\\": 0.5' in git(store, "diff", "HEAD~1", "HEAD")


def test_a_python_in_a_folder_with_any_name_converts(
    tmp_path: Path,
    git: Git,
    save_versions: Callable[..., list[str]],
    store: Repository,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    change_code(store, git, save_versions)
    place = tmp_path / 'it\'s a "place" $HOME; # é'
    place.mkdir()
    (place / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (place / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(place / "python"))
    init_store(store.root)
    monkeypatch.setenv("TMPDIR", str(place))
    assert '+    return model, {"changed": 0.5}' in git(store, "diff", "HEAD~1", "HEAD").split("\n")


def test_code_that_lies_in_a_store_does_not_run_when_git_shows_a_record(
    store: Repository, tmp_path: Path, git: Git, save_versions: Callable[..., list[str]]
) -> None:
    change_code(store, git, save_versions)
    ran = f"open({str(tmp_path / 'ran')!r}, 'w')\n"
    for name in ("json.py", "pathlib.py", "sitecustomize.py", "trainstore/__init__.py"):
        (store.root / name).parent.mkdir(exist_ok=True)
        (store.root / name).write_text(ran)
    assert '+    return model, {"changed": 0.5}' in git(store, "diff", "HEAD~1", "HEAD").split("\n")
    assert not (tmp_path / "ran").exists()


@pytest.mark.slow
def test_dvc_accepts_the_store(store: Repository) -> None:
    dvc = shutil.which("dvc", path=os.path.dirname(sys.executable))
    if dvc is None:
        pytest.skip("the dvc program is not installed beside this python")
    ended = subprocess.run([dvc, "status", "--quiet"], cwd=store.root, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
