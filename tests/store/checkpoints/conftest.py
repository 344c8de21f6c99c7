"""A store's folder with DVC's files, and DVC kept from the settings of whoever runs the tests."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from lowest_dvc import PYTHON, lowest_versions, make_environment

from trainstore.disk_format.dvc_files import DVC_CONFIG, DVC_GITIGNORE, DVCIGNORE
from trainstore.store.checkpoints.tracked import Checkpoint, add_checkpoint


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "HOME": tmp_path / "home",
        "XDG_CONFIG_HOME": tmp_path / "home/.config",
        "XDG_CACHE_HOME": tmp_path / "home/.cache",
        "DVC_GLOBAL_CONFIG_DIR": tmp_path / "home/dvc",
        "DVC_SYSTEM_CONFIG_DIR": tmp_path / "home/system-dvc",
        "DVC_SITE_CACHE_DIR": tmp_path / "home/site",
        "DVC_NO_ANALYTICS": "1",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "test",
        "GIT_AUTHOR_EMAIL": "test@localhost",
        "GIT_COMMITTER_NAME": "test",
        "GIT_COMMITTER_EMAIL": "test@localhost",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, str(value))
    (tmp_path / "home").mkdir()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A folder with DVC's files but no git, whose name has all that paths may bring."""
    root = tmp_path / "a store [1] é試"
    (root / ".dvc").mkdir(parents=True)
    (root / ".dvc/config").write_text(DVC_CONFIG)
    (root / ".dvc/.gitignore").write_text(DVC_GITIGNORE)
    (root / ".dvcignore").write_text(DVCIGNORE)
    (root / ".gitignore").write_text("/training_runs/**/checkpoint/\n")
    return root


@pytest.fixture
def add(store: Path) -> Callable[..., Checkpoint]:
    """Add a checkpoint of a few megabytes in two files."""
    usual = {"weights.safetensors": b"w" * 3_000_000, "structure.pkl": b"s" * 10}

    def add_files(
        folder: str = "training_runs/numpy_array/Net/20240101T000000Z-0a1b2c/checkpoint",
        files: Mapping[str, bytes] = usual,
    ) -> Checkpoint:
        return add_checkpoint(store, folder, {name: BytesIO(content) for name, content in files.items()})

    return add_files


@pytest.fixture
def cached(store: Path) -> Callable[[], list[Path]]:
    """List the files in the default cache."""
    return lambda: [path for path in (store / ".dvc/cache").rglob("*") if path.is_file()]


@pytest.fixture(scope="session")
def lowest_python() -> Path:
    """An interpreter that has the lowest DVC that trainstore allows, and nothing else of trainstore's."""
    refused = make_environment()
    if refused is not None:
        pytest.skip(f"{', '.join(lowest_versions())} cannot be installed here: {refused}")
    return PYTHON


@pytest.fixture(params=["installed", "lowest"])
def dvc(request: pytest.FixtureRequest) -> Callable[..., str]:
    """Run the dvc program in a folder and return what it says: of the version installed, and of the lowest allowed."""
    python = sys.executable if request.param == "installed" else request.getfixturevalue("lowest_python")

    def run(root: Path, *arguments: str) -> str:
        command = [python, "-m", "dvc", *arguments]
        done = subprocess.run(command, check=False, cwd=root, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"dvc {arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    return run
