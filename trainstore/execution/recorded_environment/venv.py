"""Makes a virtual environment with recorded versions of packages."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
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


def make_venv(folder: Path, python: str, wanted: Wanted, *, shares_packages: bool) -> Interpreter:
    """Make an environment in a folder that is not there yet.

    Args:
        folder: for it.
        python: the program to make it from.
        wanted: what it is to hold.
        shares_packages: whether it also sees what is installed here, behind its own. pip then leaves out what is
            here in the right version, torch's gigabyte above all.

    Raises:
        EnvironmentUnavailable: pip cannot have it.
    """
    ended = _run([python, "-I", "-m", "venv", str(folder)])
    if ended.returncode:
        said = _last_line(ended.stdout + ended.stderr)
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
    if shares_packages:
        (own / "installed_here.pth").write_text(_search_also(here))
    _install(folder, program, wanted)
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


def _install(folder: Path, program: str, wanted: Wanted) -> None:
    constraints, requirements = folder / "constraints.txt", folder / "requirements.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in wanted.versions.items()))
    requirements.write_text("".join(f"{name}=={wanted.versions[name]}\n" for name in wanted.roots))
    # Wheels only: building a distribution runs its code.
    options = ["--only-binary", ":all:", "--retries", "1", "--constraint", str(constraints)]
    ended = _pip(program, ["install", *options, "--requirement", str(requirements)])
    if ended.returncode == 0:
        return
    missing = _NOT_FOUND.search(ended.stderr)
    if missing:
        why = f"pip finds no wheel of {missing[1]} for Python {wanted.python}"
    else:
        why = f"pip says: {_last_line(ended.stderr)}"
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


def _last_line(text: str) -> str:
    lines = [line for line in plain(text).splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ").rstrip(".") if lines else "it did not say why"
