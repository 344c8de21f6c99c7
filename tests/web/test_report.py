import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from web.conftest import HOSTILE

from trainstore.api import Store
from trainstore.web.report import make_report


def report(store: Path, version: str) -> str:
    opened = Store.open(store)
    return make_report(opened, opened.version(version)).decode()


def test_it_tells_the_version_and_its_runs(shown_store: Path, trained: Any) -> None:
    page = report(shown_store, "Tiny@2")
    for told in (
        "Tiny",
        "@2",
        trained.run_id,
        trained.rerun_id,
        "Claimed and scored",
        "identical",
        "Search space",
        "<svg",
    ):
        assert told in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize("version", ["Tiny@2", HOSTILE])
def test_it_needs_nothing_else_and_runs_nothing(shown_store: Path, version: str) -> None:
    page = report(shown_store, version)
    assert "<script" not in page and "<link" not in page and " src=" not in page and "@import" not in page
    assert not re.search(r'href="[^#]', page)
    assert "default-src 'none'" in page
    identifiers = re.findall(r' id="([^"]*)"', page)
    assert len(identifiers) == len(set(identifiers))
    assert str(shown_store.parent) not in page  # where it was made is nobody's business


def test_the_command_writes_it_once(shown_store: Path, tmp_path: Path) -> None:
    def written(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "trainstore", "report", *arguments],
            cwd=shown_store, capture_output=True, text=True, check=False,
        )  # fmt: skip

    file = tmp_path / "tiny.html"
    ended = written("Tiny@2", "--out", str(file))
    assert ended.returncode == 0 and str(file) in ended.stdout
    assert "Made by trainstore" in file.read_text()
    again = written("Tiny@2", "--out", str(file))
    assert again.returncode == 17 and "is there already" in again.stderr
    nowhere = written("Tiny@2", "--out", str(tmp_path / "no/such/folder.html"))
    assert nowhere.returncode == 2 and "cannot be written" in nowhere.stderr
