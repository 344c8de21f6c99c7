"""What a worker sees of the file system: what it may read, where it may write, and which devices it may use."""

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trainstore.execution.runtime import Interpreter, this_interpreter

_SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store", "/gnu/store")
_SETTINGS = (
    "ld.so.cache", "localtime", "nsswitch.conf", "passwd", "group", "mime.types", "alternatives",
)  # fmt: skip
_KERNEL = ("/sys/devices/system",)  # how many processors there are
_DEVICES = ("null", "zero", "full", "random", "urandom")
_ACCELERATORS = ("nvidia*", "nvidia-caps/*", "dri/*", "kfd", "dxg")
# Of a virtual environment, which may have been made in a folder that holds other things.
_ENVIRONMENT = ("pyvenv.cfg", "bin", "lib", "lib64", "include", "etc", "share")
_FOR_ACCELERATORS = (
    "/sys/module/nvidia", "/sys/module/amdgpu", "/sys/bus/pci", "/sys/class/drm", "/sys/class/kfd",
    "/sys/devices/virtual/kfd", "/opt/rocm",
)  # fmt: skip
_MOST_LINKS = 20


@dataclass(frozen=True)
class View:
    """The paths of a worker; the same names inside and outside.

    Attributes:
        readable: what it may read and execute.
        links: symbolic links at the top of the system, with their targets.
        devices: device nodes to read, write and control.
    """

    readable: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    devices: tuple[str, ...]


def worker_view(interpreter: Interpreter | None = None) -> View:
    """What a Python, this one if none is given, needs to start and to compute, and nothing of the user's."""
    devices = [f"/dev/{name}" for name in _DEVICES]
    accelerators = [str(path) for pattern in _ACCELERATORS for path in sorted(Path("/dev").glob(pattern))]
    kernel = [*_KERNEL, *_pci_devices(), *_FOR_ACCELERATORS] if accelerators else list(_KERNEL)
    links = [(path, os.readlink(path)) for path in _SYSTEM if os.path.islink(path)]
    wanted = [
        *(path for path in _SYSTEM if not os.path.islink(path)),
        *(f"/etc/{name}" for name in _SETTINGS),
        *kernel,
        *_interpreter(interpreter or this_interpreter()),
        *_unless_they_hold_home(os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)),
    ]
    reached = [
        path
        for path in _with_what_links_lead_to(wanted)
        if not any(_lies_in(path, link) for link, _ in links)
    ]
    nodes = [path for path in [*devices, *accelerators] if os.path.exists(path) and not os.path.isdir(path)]
    return View(tuple(_outermost(reached)), tuple(links), tuple(nodes))


def closed_to_others(view: View, with_parents: bool) -> str | None:
    """A readable path that is closed to a user who owns nothing; None if there is none.

    Args:
        view: whose paths are looked at.
        with_parents: whether the folders above count; in a private tree they are new and open.
    """
    files = [__file__, os.__file__]  # for folders whose files were made with a strict umask
    for path in [*view.readable, *files]:
        needed = stat.S_IROTH | (stat.S_IXOTH if os.path.isdir(path) else 0)
        if os.stat(path).st_mode & needed != needed:
            return path
        for parent in Path(path).parents if with_parents else ():
            if not os.stat(parent).st_mode & stat.S_IXOTH:
                return str(parent)
    return None


def _interpreter(interpreter: Interpreter) -> Iterator[str]:
    for prefix in interpreter.prefixes:
        if os.path.exists(f"{prefix}/pyvenv.cfg") or _holds_home(prefix):
            yield from (f"{prefix}/{part}" for part in _ENVIRONMENT)
        else:
            yield prefix
    yield from _hops(interpreter.executable)
    yield from _unless_they_hold_home(interpreter.packages)
    yield str(Path(__file__).resolve().parents[2])  # this package alone, not what lies around it


def _hops(path: str) -> Iterator[str]:
    """A path, and each that its symbolic links lead over."""
    for _ in range(_MOST_LINKS):
        yield path
        if not os.path.islink(path):
            return
        path = os.path.normpath(os.path.join(os.path.dirname(path), os.readlink(path)))


def _unless_they_hold_home(folders: Iterable[str]) -> list[str]:
    """The folders without those that hold everything that the user has."""
    return [folder for folder in folders if os.path.isabs(folder) and not _holds_home(folder)]


def _holds_home(folder: str) -> bool:
    return _lies_in(os.path.realpath(os.path.expanduser("~")), os.path.realpath(folder))


def _pci_devices() -> list[str]:
    return sorted(map(str, Path("/sys/devices").glob("pci*")))


def _with_what_links_lead_to(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        if os.path.exists(path):
            yield os.path.normpath(path)
            yield os.path.realpath(path)


def _outermost(paths: Iterable[str]) -> list[str]:
    """The paths, sorted, without those that lie in another one."""
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not any(_lies_in(path, other) for other in kept):
            kept.append(path)
    return kept


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
