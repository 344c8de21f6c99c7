"""trainstore as people get it: built from the checkout, and installed from a folder of wheels."""

import fcntl
import importlib.metadata
import os
import pwd
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_TOOLS = ["pip", "pipx", "uv"]
_UNREACHABLE = re.compile(
    r"Retrying|[Cc]onnection|timed out|Could not find a version|403|404|5\d\d (?:Server|Client)"
)
_LEAST_BYTES = 6 * 10**9  # two installations, each with torch


@dataclass(frozen=True)
class Built:
    """What `hatchling build` makes: the files for an index."""

    wheel: Path
    sdist: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build both, without asking a registry for what builds them: it is installed for development."""
    folder = tmp_path_factory.mktemp("built")
    _build(ROOT, folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Built(wheel, sdist)


@pytest.fixture(scope="session")
def build() -> Callable[..., None]:
    """Build a folder that has a pyproject.toml."""
    return _build


def _build(source: Path, folder: Path, *options: str) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), *options]
    ended = subprocess.run(command, cwd=source, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Path]:
    """A folder with wheels of trainstore, of all that it needs, and of pip, pipx and uv, in the pinned versions.

    pip is asked once for all tests, because only pip looks where a person has configured a torch for this machine;
    from here everything installs without an index. That is some 300 MB, and a minute. The last to need it removes it.
    """
    base = tmp_path_factory.getbasetemp()
    _skip_where_torch_is_too_large(base)
    shared = (base if worker_id == "master" else base.parent) / "packages"
    shared.mkdir(exist_ok=True)
    with shared.with_suffix(".used").open("w") as used:
        fcntl.flock(used, fcntl.LOCK_SH)
        with shared.with_suffix(".made").open("w") as made:
            fcntl.flock(made, fcntl.LOCK_EX)  # several processes share the tests
            told = shared / "told"
            if not told.exists():
                told.write_text(_collect(shared))
        if unreachable := told.read_text():
            pytest.skip(f"no registry gives what trainstore needs: {unreachable}")
        yield shared / "wheels"
        with suppress(BlockingIOError):
            fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(shared)


def _skip_where_torch_is_too_large(folder: Path) -> None:
    if any(found.name.startswith("nvidia-") for found in importlib.metadata.distributions()):
        pytest.skip(
            "torch is installed here with CUDA, gigabytes of it; these tests would install it three times"
        )
    if shutil.disk_usage(folder).free < _LEAST_BYTES:
        pytest.skip(f"less than {_LEAST_BYTES // 10**9} GB free for installing torch")


def _collect(shared: Path) -> str:
    """Fill the folder of wheels, and return why that cannot be done; an empty text where it is."""
    _build(ROOT, shared / "built", "-t", "wheel")
    (wheel,) = (shared / "built").glob("*.whl")
    theirs = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    theirs["HOME"] = pwd.getpwuid(os.getuid()).pw_dir  # pip's configuration and cache, which the tests hide
    command = [sys.executable, "-m", "pip", "wheel", "--retries", "1", "--wheel-dir", str(shared / "wheels")]
    ended = subprocess.run(
        [*command, "--constraint", "constraints.txt", "torch", *_TOOLS, str(wheel)],
        cwd=ROOT, env=theirs, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if ended.returncode == 0:
        return ""
    assert _UNREACHABLE.search(ended.stderr), ended.stderr
    return ended.stderr.strip().splitlines()[-1]


@pytest.fixture
def bare(tmp_path: Path, wheels: Path) -> dict[str, str]:
    """The environment of somebody who has git, an empty home, and a folder of wheels instead of an index."""
    git = shutil.which("git")
    assert git
    home = tmp_path / "home"
    home.mkdir()
    path = [str(home / ".local/bin"), str(Path(git).parent), *os.defpath.split(os.pathsep)]
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join(path),
        "OMP_NUM_THREADS": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
        "PIPX_DEFAULT_BACKEND": "uv",
        "UV_CACHE_DIR": str(
            wheels.parent / "uv"
        ),  # beside the installations, so that it can link instead of copying
        "UV_FIND_LINKS": str(wheels),
        "UV_NO_CONFIG": "1",
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
        "UV_PYTHON_DOWNLOADS": "never",
    }
