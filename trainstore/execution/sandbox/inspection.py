"""A look at a worker from outside, by what the kernel says of its process."""

import os
import re
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from trainstore.execution.sandbox.levels import Layer
from trainstore.execution.sandbox.plan import Plan

_NAMESPACES = ("pid", "mnt", "net", "ipc", "uts")
_FILTERED = "2"
_SOCKETS = "sockets that have a path, such as those of Docker and of the desktop, can be connected to"


def confirm(pid: int, claimed: Sequence[Layer], plan: Plan) -> list[Layer]:
    """The layers of a worker: what it claims, unless the kernel contradicts, and what only the kernel knows.

    Landlock and resource limits cannot be seen from here; the worker has tried the former itself.

    Args:
        pid: of the worker, before anything untrusted runs in it.
        claimed: each step that it took upon itself.
        plan: says which namespaces it should be in.
    """
    if sys.platform != "linux":
        return list(claimed)
    try:
        its, own = _status(pid), _status(os.getpid())
    except OSError as error:
        return [Layer(layer.name, False, f"the worker cannot be looked at: {error}") for layer in claimed]
    seen = {
        "no_new_privileges": its.get("NoNewPrivs") == "1",
        "no_capabilities": all(int(its[name], 16) == 0 for name in ("CapEff", "CapPrm", "CapInh", "CapAmb")),
        "seccomp": _is_filtered_more(its, own),
        "other_user": own["Uid"].split()[0] not in its["Uid"].split(),
    }
    layers = [
        Layer(layer.name, False, "the kernel does not say so")
        if layer.active and not seen.get(layer.name, True)
        else layer
        for layer in claimed
    ]
    from_namespaces = _namespaces(pid, plan)
    held = {layer.name for layer in from_namespaces if layer.active}
    return [*from_namespaces, *(layer for layer in layers if layer.name not in held)]


def leaf_of(pid: int) -> int:
    """The last process of a chain of single children: a worker has none of its own before it begins."""
    while children := _children(pid):
        pid = children[-1]
    return pid


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")  # not in every kernel
    try:
        return list(map(int, listed.read_text().split()))
    except FileNotFoundError:
        with suppress(psutil.NoSuchProcess):
            return [child.pid for child in psutil.Process(pid).children()]
    except ProcessLookupError:  # it ended between the opening and the reading
        pass
    return []


def _namespaces(pid: int, plan: Plan) -> list[Layer]:
    if plan.namespaces is None:
        return [Layer("sockets", False, _SOCKETS)]
    try:
        shared = [name for name in _NAMESPACES if _namespace(pid, name) == _namespace(os.getpid(), name)]
    except OSError as error:
        return [Layer("namespaces", False, f"they cannot be looked at: {error}")]
    if shared:
        return [Layer("namespaces", False, f"still shared: {', '.join(shared)}")]
    layers = [Layer("namespaces", True, plan.namespaces), Layer("signals", True), Layer("sockets", True)]
    if plan.namespaces == "bubblewrap":
        why = "bubblewrap cannot limit the number of files in scratch"
        return [*layers, Layer("bubblewrap", True), Layer("file_count", False, why)]
    return [*layers, Layer("file_count", True)]


def _namespace(pid: int, name: str) -> str:
    return os.readlink(f"/proc/{pid}/ns/{name}")


def _status(pid: int) -> dict[str, str]:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8", errors="replace")
    return dict(re.findall(r"^(\w+):\t(.*)$", text, re.MULTILINE))


def _is_filtered_more(its: dict[str, str], own: dict[str, str]) -> bool:
    """A container filters all its processes, so that a filter alone proves nothing."""
    if its.get("Seccomp") != _FILTERED:
        return False
    if "Seccomp_filters" in its:
        return int(its["Seccomp_filters"]) > int(own["Seccomp_filters"])
    return own.get("Seccomp") != _FILTERED
