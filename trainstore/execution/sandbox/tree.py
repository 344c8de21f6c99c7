"""The private file tree of a worker with namespaces, as steps that bubblewrap or the worker itself can take."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from trainstore.execution.job_folder import JobFolder
    from trainstore.execution.sandbox.view import View

SHARED_MEMORY = "/dev/shm"
TEMPORARY = "/tmp"

_LINKS = {"/dev/fd": "/proc/self/fd", "/dev/stdin": "fd/0", "/dev/stdout": "fd/1", "/dev/stderr": "fd/2"}


@dataclass(frozen=True)
class Step:
    """One thing to put into the tree; steps come parents first.

    Attributes:
        kind: ``bind`` read-only, ``device``, ``scratch`` in memory, ``folder``, ``link`` or ``proc``.
        place: its path in the tree.
        source: what is bound, or where a link leads to.
        is_folder: whether what is bound is one.
        size: of scratch, in bytes.
        mode: of a folder or of scratch.
    """

    kind: Literal["bind", "device", "scratch", "folder", "link", "proc"]
    place: str
    source: str = ""
    is_folder: bool = True
    size: int = 0
    mode: int = 0o755


def private_tree(view: "View", job: "JobFolder", scratch_bytes: int) -> list[Step]:
    """The steps to a tree in which a job's own paths are where they always are, and only scratch can be written."""
    wanted = {
        "/proc": Step("proc", "/proc"),
        TEMPORARY: Step("scratch", TEMPORARY, size=scratch_bytes, mode=0o1777),
        SHARED_MEMORY: Step("scratch", SHARED_MEMORY, size=scratch_bytes, mode=0o1777),
        **{place: Step("link", place, target) for place, target in [*view.links, *_LINKS.items()]},
        **{path: _bound(path) for path in view.readable},
        **{path: Step("device", path, path, is_folder=False) for path in view.devices},
        **{step.place: step for step in _job_steps(job, scratch_bytes)},
    }
    parents = {str(parent) for place in wanted for parent in PurePosixPath(place).parents} - {"/"}
    made = {
        parent: Step("folder", parent)
        for parent in parents
        if parent not in wanted and not _inside(parent, view)
    }
    return [step for _, step in sorted((made | wanted).items())]


def _job_steps(job: "JobFolder", scratch_bytes: int) -> Iterator[Step]:
    if TEMPORARY not in map(str, job.root.parents):
        yield Step("scratch", str(job.root), size=scratch_bytes)
    for path in (job.inputs, job.code, job.library, job.request):
        yield _bound(str(path))
    for path in (job.home, job.tmp):
        yield Step("folder", str(path), mode=0o777)


def _bound(path: str) -> Step:
    return Step("bind", path, os.path.realpath(path), is_folder=os.path.isdir(path))


def _inside(path: str, view: "View") -> bool:
    return any(path.startswith(f"{folder}/") for folder in view.readable)
