import os
import sys
from pathlib import Path

import pytest

from trainstore.execution.sandbox.view import View, closed_to_others, worker_view

ROOT = Path(__file__).parents[3]


def seen(path: str | Path, view: View) -> bool:
    return any(Path(path) == Path(one) or Path(one) in Path(path).parents for one in view.readable)


def test_the_interpreter_its_packages_and_this_one_are_seen() -> None:
    import numpy

    view = worker_view()
    for path in (sys.executable, os.path.realpath(sys.executable), os.__file__, numpy.__file__):
        assert seen(path, view), path
    assert seen(ROOT / "trainstore" / "execution", view)


def test_nothing_of_the_user_is_seen() -> None:
    view = worker_view()
    for path in (
        os.path.expanduser("~"),
        ROOT,
        ROOT / "tests",
        ROOT / ".git",
        "/",
        "/etc/shadow",
        "/var",
        "/run",
    ):
        assert not seen(path, view), path


def test_folders_that_the_user_adds_are_seen_but_not_a_whole_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home, library = tmp_path / "home", tmp_path / "home" / "library"
    library.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PYTHONPATH", f"relative:{library}:/nowhere/at/all")
    view = worker_view()
    assert str(library) in view.readable
    assert "/nowhere/at/all" not in view.readable
    monkeypatch.setenv("PYTHONPATH", f"{home}:{tmp_path}:/")
    view = worker_view()
    assert not any(seen(path, view) for path in (home, tmp_path, "/"))


def test_of_a_virtual_environment_only_its_own_folders_are_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for folder in ("lib", "data", "home/environment/lib"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").write_text("")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    view = worker_view()
    assert seen(tmp_path / "lib", view) and seen(tmp_path / "pyvenv.cfg", view)
    assert not seen(tmp_path / "data", view) and not seen(tmp_path, view)
    # An installation that has a home folder in it is no reason to show that, either.
    (tmp_path / "pyvenv.cfg").unlink()
    assert not seen(tmp_path / "home", worker_view())


def test_no_path_lies_in_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{sys.prefix}/lib:{sys.prefix}")
    readable = worker_view().readable
    for path in readable:
        assert not any(other != path and Path(other) in Path(path).parents for other in readable), path


def test_a_folder_behind_a_link_is_seen_under_both_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "link"))
    assert {str(tmp_path / "link"), str((tmp_path / "real").resolve())} <= set(worker_view().readable)


def test_what_is_closed_to_other_users_is_found(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    inner = closed / "inner"
    inner.mkdir(parents=True)
    view = View(readable=(str(inner),), links=(), devices=())
    closed.chmod(0o700)
    assert closed_to_others(view, with_parents=True) in {str(closed), *map(str, closed.parents)}
    inner.chmod(0o700)
    assert closed_to_others(view, with_parents=False) == str(inner)
