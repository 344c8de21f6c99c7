"""Makes a virtual environment with recorded versions of packages. What gets in is not trusted, and runs nowhere here."""

import json
import os
import re
import shutil
import site
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from trainstore.errors import EnvironmentUnavailable
from trainstore.execution.recorded_environment.wanted import Wanted, this_python
from trainstore.execution.runtime import Interpreter, added_by_user, this_interpreter
from trainstore.plain_text import plain

_TELL_ABOUT_ITSELF = """\
import json, sys, sysconfig
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "executable": sys.executable,
    "prefixes": [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix],
    "packages": [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")],
}))
"""
_NOT_FOUND = re.compile(r"No matching distribution found for (\S+)")


def find_python(version: str) -> Interpreter:
    """A Python such as ``3.11``: this one, or one on the path.

    Raises:
        EnvironmentUnavailable: there is none.
    """
    if version == this_python():
        return this_interpreter()
    program = shutil.which(f"python{version}")
    told = _run([program, "-I", "-c", _TELL_ABOUT_ITSELF]).stdout if program else ""
    try:
        about = dict(json.loads(told))
    except (ValueError, TypeError):  # a launcher that knows of no such version
        about = {}
    if about.get("version") != version:
        raise EnvironmentUnavailable(
            f"The run used Python {version}, this is {this_python()}, and there is no python{version} on the path.",
            f"Install Python {version}, or run without --env recorded.",
        )
    return Interpreter(about["executable"], tuple(about["prefixes"]), tuple(about["packages"]))


def with_packages_of(folder: Path, python: Interpreter, version: str) -> Interpreter:
    """A Python that takes its packages from an environment in a folder."""
    library = folder / "lib"
    packages = library / f"python{version}" / "site-packages"
    return replace(python, packages=(*python.packages, str(library)), added=(str(packages),))


def make_venv(
    folder: Path, python: Interpreter, wanted: Wanted, differing: Collection[str] | None
) -> Interpreter:
    """Make an environment in a folder that is not there yet.

    Args:
        folder: for it.
        python: to make it from.
        wanted: what it is to hold.
        differing: what of it is not installed here in that version; the environment then sees the rest here, torch's
            gigabyte above all. None for another Python, for which all is installed.

    Raises:
        EnvironmentUnavailable: pip cannot have it.
    """
    ended = _run([python.executable, "-I", "-m", "venv", str(folder)])
    if ended.returncode:
        raise EnvironmentUnavailable(
            f"{python.executable} cannot make a virtual environment: {_told(ended.stdout + ended.stderr)}.",
            "Some systems have it in a package of its own: apt install python3-venv.",
        )
    made = with_packages_of(folder, python, wanted.python)
    packages, program = Path(made.added[0]), folder / "bin" / "python"
    # Some Pythons put one there, of any version.
    _Pip(program, packages).run(["uninstall", "--yes", "setuptools"])
    with TemporaryDirectory(prefix="ts-pip-") as elsewhere:
        # Where no wheel can replace it while it works.
        shutil.move(packages / "pip", elsewhere)
        for about in packages.glob("pip-*.dist-info"):
            shutil.rmtree(about)
        if differing is not None:
            (packages / "installed_here.pth").write_text(_search_here_too())
        _Pip(program, Path(elsewhere)).install(wanted, {*wanted.roots, *(differing or ())})
    return made


class _Pip:
    """pip for an environment, which it does not live in. Once it has installed, only workers import from there."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def install(self, wanted: Wanted, required: Collection[str]) -> None:
        """Install what is required, and what that needs. Raises EnvironmentUnavailable."""
        constraints, requirements = self._folder / "constraints.txt", self._folder / "requirements.txt"
        pins = {name: f"{name}=={version}\n" for name, version in wanted.versions.items()}
        # What is required is not constrained, too, or pip takes a version that is not there for a conflict.
        requirements.write_text("".join(pins[name] for name in pins if name in required))
        constraints.write_text("".join(pins[name] for name in pins if name not in required))
        # Wheels only: building a distribution runs its code.
        options = ["--only-binary", ":all:", "--retries", "1", "--constraint", str(constraints)]
        ended = self.run(["install", *options, "--requirement", str(requirements)])
        if ended.returncode == 0:
            return
        missing = _NOT_FOUND.search(ended.stderr)
        if missing:
            why = f"pip finds no wheel of {missing[1]} for Python {wanted.python}"
        else:
            why = f"pip says: {_told(ended.stderr)}"
        raise EnvironmentUnavailable(
            plain(f"The recorded environment cannot be made: {why}."),
            "It needs the network, or a folder of wheels (PIP_FIND_LINKS); or run without --env recorded.",
        )

    def run(self, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        options = ["--quiet", "--no-input", "--disable-pip-version-check"]
        command = [str(self._program), "-P", "-s", "-m", "pip", *options, *arguments]
        return _run(command, {"PYTHONPATH": str(self._folder), "PIP_USER": "0"})


def _search_here_too() -> str:
    """The lines of a ``.pth`` file that let an environment see what is installed here, whose own such files count too."""
    lines = [
        *(f"import sys; sys.path.append({folder!r})" for folder in added_by_user()),
        *(f"import site; site.addsitedir({folder!r})" for folder in site.getsitepackages()),
    ]
    return "\n".join([*lines, ""])


def _run(
    command: Sequence[str], variables: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run a program as the user would, without the folders that the user's path adds."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command,
        env={**environment, **(variables or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )


def _told(text: str) -> str:
    """The line that says why a program failed: pip's first error, or the last that was printed."""
    lines = [line for line in plain(text).splitlines() if line.strip()] or ["it did not say why"]
    told = next((line for line in lines if line.startswith("ERROR: ")), lines[-1])
    return told.removeprefix("ERROR: ").rstrip(".")
