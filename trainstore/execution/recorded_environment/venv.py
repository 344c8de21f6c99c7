"""Makes a virtual environment with recorded versions of packages."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from trainstore.errors import EnvironmentUnavailable
from trainstore.execution.plain_text import plain
from trainstore.execution.recorded_environment.wanted import Wanted, this_python
from trainstore.execution.runtime import Interpreter, added_by_user, this_interpreter

_TELL_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"
_TELL_FOLDERS = """\
import json, sys, sysconfig
print(json.dumps({
    "prefixes": [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix],
    "packages": [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "platlib", "purelib")],
}))
"""
_NOT_FOUND = re.compile(r"No matching distribution found for (\S+)")


def find_python(version: str) -> str:
    """The program of a Python such as ``3.11``: this one, or one on the path.

    Raises:
        EnvironmentUnavailable: there is none.
    """
    if version == this_python():
        return sys.executable
    program = shutil.which(f"python{version}")
    if program is None or _run([program, "-I", "-c", _TELL_VERSION]).stdout.strip() != version:
        raise EnvironmentUnavailable(
            f"The run used Python {version}, this is {this_python()}, and there is no python{version} on the path.",
            f"Install Python {version}, or run without --env recorded.",
        )
    return program


def make_venv(folder: Path, python: str, wanted: Wanted, differing: Collection[str] | None) -> Interpreter:
    """Make an environment in a folder that is not there yet.

    Args:
        folder: for it.
        python: the program to make it from.
        wanted: what it is to hold.
        differing: what of it is not installed here in that version; the environment then sees the rest here, torch's
            gigabyte above all. None for another Python, for which all is installed.

    Raises:
        EnvironmentUnavailable: pip cannot have it.
    """
    ended = _run([python, "-I", "-m", "venv", str(folder)])
    if ended.returncode:
        said = _told(ended.stdout + ended.stderr)
        raise EnvironmentUnavailable(
            f"{python} cannot make a virtual environment: {said}.",
            "Some systems have it in a package of its own: apt install python3-venv.",
        )
    program = str(folder / "bin" / "python")
    # Asked before anything is installed: from then on, only workers start it.
    told = json.loads(_run([program, "-I", "-c", _TELL_FOLDERS]).stdout)
    own = Path(told["packages"][-1])
    _pip(program, ["uninstall", "--yes", "setuptools"])  # it comes with some Pythons, in any version
    here = this_interpreter()
    shares_packages = differing is not None
    if shares_packages:
        (own / "installed_here.pth").write_text(_search_also(here))
    _install(folder, program, wanted, {*wanted.roots, *(differing or ())})
    for part in (own / "pip", *own.glob("pip-*.dist-info")):
        shutil.rmtree(part)
    return Interpreter(
        program,
        (*told["prefixes"], *(here.prefixes if shares_packages else ())),
        (*told["packages"], *(here.packages if shares_packages else ())),
        trusted=False,
    )


def _search_also(interpreter: Interpreter) -> str:
    """The lines that let an environment see another one's packages, whose own such files count too."""
    lines = [f"import sys; sys.path.append({folder!r})" for folder in added_by_user()]
    packages = [folder for folder in interpreter.packages if folder.endswith("-packages")]
    return "\n".join([*lines, *(f"import site; site.addsitedir({folder!r})" for folder in packages), ""])


def _install(folder: Path, program: str, wanted: Wanted, required: Collection[str]) -> None:
    constraints, requirements = folder / "constraints.txt", folder / "requirements.txt"
    pins = {name: f"{name}=={version}\n" for name, version in wanted.versions.items()}
    # What is required is not constrained, too, or pip takes a version that is not there for a conflict.
    requirements.write_text("".join(pins[name] for name in pins if name in required))
    constraints.write_text("".join(pins[name] for name in pins if name not in required))
    # Wheels only: building a distribution runs its code.
    options = ["--only-binary", ":all:", "--retries", "1", "--constraint", str(constraints)]
    ended = _pip(program, ["install", *options, "--requirement", str(requirements)])
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


def _pip(program: str, arguments: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return _run(
        [
            program,
            "-P",
            "-s",
            "-m",
            "pip",
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            *arguments,
        ],
        PIP_USER="0",
    )


def _run(command: Sequence[str], **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a program as the user would, without the folders that the user's path adds."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command,
        env=environment | variables,
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
