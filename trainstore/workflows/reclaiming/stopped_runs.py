"""What runs left that were stopped between adding their checkpoint and their commit, by the notes that they wrote."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from trainstore.disk_format.layout import RUNS, checkpoint_folder, pointer_file
from trainstore.errors import TrainstoreError
from trainstore.store.checkpoints.begun import Begun, Note
from trainstore.store.git.past_files import forgotten_files
from trainstore.store.git.repository import Repository
from trainstore.store.git.worktrees import Worktree
from trainstore.store.index.update import open_index
from trainstore.workflows.reclaiming.holders import Holders
from trainstore.workflows.reclaiming.past_checkpoints import STOPPED, Past, PastCheckpoint
from trainstore.workflows.reclaiming.reclaim_plan import LeftFolder


@dataclass(frozen=True)
class Stopped:
    """What stopped runs left.

    Attributes:
        checkpoints: that no commit names; when they were added stands for when they left.
        added: id of each of them -> ids of the objects that its runs added, and nothing needs.
        folders: that they left in work trees.
        notes: every note that told of these -> the checkpoint that it is kept for; None where it has no more to tell.
    """

    checkpoints: Sequence[PastCheckpoint] = ()
    added: Mapping[str, frozenset[str]] = field(default_factory=dict)
    folders: Sequence[LeftFolder] = ()
    notes: Mapping[Path, str | None] = field(default_factory=dict)

    def notes_without(self, staying: Set[str]) -> tuple[Path, ...]:
        """Return the notes that tell of no checkpoint that stays."""
        return tuple(place for place, md5 in self.notes.items() if md5 not in staying)


def read_stopped(
    repository: Repository,
    held: Holders,
    past: Past,
    freeable: Callable[[Iterable[str]], frozenset[str]],
    notes: Iterable[Note],
) -> Stopped:
    """Return what is left of runs whose process ended before their commit.

    A checkpoint that history came to name goes by what history tells; one that something holds all the same keeps its note.

    Args:
        repository: the store.
        held: what needs objects.
        past: what history knows.
        freeable: gives of objects those that are in the cache, and that nothing needs.
        notes: of processes that are gone.
    """
    known = {identity for ids in past.named_at.values() for identity in ids}
    told: dict[Path, str | None] = {}
    begun: dict[str, list[Begun]] = defaultdict(list)
    lost = []
    for place, one in _never_committed(repository, held, past, known, notes):
        if one is None:
            told[place] = None
            continue
        lost.append(one)
        told[place] = one.md5 if one.md5 not in known and freeable(one.objects) else None
        if told[place]:
            begun[one.md5].append(one)
    added = {
        md5: freeable(identity for one in some for identity in one.objects) for md5, some in begun.items()
    }
    return Stopped(_checkpoints(repository, begun), added, tuple(_folders(held.worktrees, lost)), told)


def _never_committed(
    repository: Repository, held: Holders, past: Past, known: Set[str], notes: Iterable[Note]
) -> Iterator[tuple[Path, Begun | None]]:
    """Yield notes of runs that no commit has; without what they tell where that is said elsewhere by now."""
    open_notes = []
    for place, begun in notes:
        if begun is None or pointer_file(begun.folder) in past.named_at:
            yield place, None
            continue
        held_alone = begun.md5 in held.ids and begun.md5 not in known
        if not held_alone and pointer_file(begun.folder) not in held.unsure:
            open_notes.append((place, begun))
    if open_notes:
        forgotten = {file.path for file in forgotten_files(repository, [RUNS])}
        yield from (
            (place, begun) for place, begun in open_notes if pointer_file(begun.folder) not in forgotten
        )


def _checkpoints(repository: Repository, begun: Mapping[str, Collection[Begun]]) -> list[PastCheckpoint]:
    if not begun:
        return []
    with open_index(repository) as index:
        versions = index.versions_with({one.version for some in begun.values() for one in some})
    found = []
    for md5, some in begun.items():
        last = max(some, key=lambda one: one.when)
        version = versions.get(last.version)
        function = version.function if version else "/".join(last.folder.split("/")[1:3])
        folders = tuple(one.folder for one in sorted(some, key=lambda one: one.when))
        found.append(PastCheckpoint(md5, folders, last.when, STOPPED, function, version))
    return sorted(found, key=lambda one: one.left_at)


def _folders(worktrees: Iterable[Worktree], lost: Iterable[Begun]) -> Iterator[LeftFolder]:
    """Yield the folders of runs, in whichever work tree they stand, that are alone there, and whose every file the cache has."""
    from trainstore.store.checkpoints.tracked import strangers_in

    for one in lost:
        for tree in worktrees:
            left = LeftFolder(tree.root, checkpoint_folder(one.folder), one.md5) if tree.root else None
            try:
                if left and _is_alone(left.place) and not strangers_in(*left):
                    yield left
            except TrainstoreError:  # nobody knows whose it is
                continue


def _is_alone(folder: Path) -> bool:
    return folder.is_dir() and [one.name for one in folder.parent.iterdir()] == [folder.name]
