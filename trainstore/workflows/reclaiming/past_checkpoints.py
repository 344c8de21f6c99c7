"""Checkpoints that history knows of and that left a tree: which runs they are of, when they left, by which action."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trainstore.disk_format.dvc_files import is_pointer_name, named_ids, pointed_folder
from trainstore.disk_format.layout import (
    DATASETS,
    RUNS,
    is_checkpoint_pointer,
    pin_path,
    pointer_file,
    run_file,
    runs_folder,
)
from trainstore.errors import InvalidRecord
from trainstore.records.run_record import RunRecord, decode_run
from trainstore.store.git.past_files import past_files, read_removals
from trainstore.store.git.read import read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.workflows.reclaiming.holders import Holders

STOPPED = "stopped"


@dataclass(frozen=True)
class PastCheckpoint:
    """A checkpoint that left a tree, or that a stopped run did not get to commit.

    Attributes:
        md5: id of its list of files.
        folders: of the runs that it is of; equal runs make equal checkpoints. The last one left last.
        left_at: when it left last, or was added, in Unix seconds.
        left_by: the action of trainstore's that took it away; None where plain git did; `STOPPED` where no commit ever
            had it.
        function: of the run that left last; None where nothing tells.
        version: likewise; None where it is not in HEAD's history.
    """

    md5: str
    folders: tuple[str, ...]
    left_at: int
    left_by: str | None
    function: str | None
    version: Version | None

    @property
    def was_committed(self) -> bool:
        """Whether a commit ever had it."""
        return self.left_by != STOPPED

    @property
    def run_id(self) -> str:
        """The id of the run that left last."""
        return self.folders[-1].rpartition("/")[2]


@dataclass(frozen=True)
class Past:
    """What history knows.

    Attributes:
        checkpoints: those that left a tree, in the order in which they did.
        data_ids: objects of data sets, whenever they had a name.
        named_at: path of a run's pointer -> ids that it ever named.
        pinned: ids of checkpoints of pinned versions -> what holds the pin.
    """

    checkpoints: Sequence[PastCheckpoint]
    data_ids: frozenset[str]
    named_at: Mapping[str, set[str]]
    pinned: Mapping[str, str]


def read_past(repository: Repository, held: Holders, now: int) -> Past:
    """Return what the history of every tip tells of checkpoints.

    Raises:
        GitFailed: git cannot read a commit or a pointer.
    """
    files = past_files(repository, [tip.identity for tip in held.tips], [RUNS, DATASETS])
    pointers = [file for file in files if is_pointer_name(file.path.rpartition("/")[2])]
    contents = read_blobs(repository.root, {file.blob for file in pointers})
    data_ids: set[str] = set()
    named_at: dict[str, set[str]] = defaultdict(set)
    gone = []
    for file in pointers:
        if not is_checkpoint_pointer(file.path):
            data_ids |= named_ids(contents[file.blob])
            continue
        md5 = pointed_folder(contents[file.blob])
        if md5 is not None:
            named_at[file.path].add(md5)
            if file.gone:
                gone.append((md5, file))
    removals = read_removals(repository, {file.commit for _, file in gone}, now)
    left: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for md5, file in gone:
        when, action = removals[file.commit]
        left[md5].append((when, file.path.rpartition("/")[0], action or ""))
    runs = _Runs(repository, {file.path: file.blob for file in files if file.path.endswith("/run.json")})
    checkpoints = runs.checkpoints(left)
    return Past(checkpoints, frozenset(data_ids), named_at, runs.pinned(named_at, held.pins))


class _Runs:
    """Which versions runs are of; of one that the index does not know, as on other branches, its record says.

    Args:
        repository: the store.
        records: path of every run.json in history -> one of its blobs.
    """

    def __init__(self, repository: Repository, records: Mapping[str, str]) -> None:
        self._repository = repository
        self._records = records
        with open_index(repository) as index:
            self._known = {run.folder: run.version_path for run in index.runs("1")}
            self._versions = index.versions_with(self._known.values())

    def checkpoints(self, left: Mapping[str, list[tuple[int, str, str]]]) -> list[PastCheckpoint]:
        """Return checkpoints in the order in which they left, from when, whence and by what each of them did."""
        last = {md5: max(times) for md5, times in left.items()}
        read = self._read({folder for _, folder, _ in last.values()})
        found = []
        for md5, (when, folder, action) in sorted(last.items(), key=lambda item: (item[1], item[0])):
            others = {one for _, one, _ in left[md5]} - {folder}
            version = self._versions.get(self._known.get(folder, ""))
            function = version.function if version else read[folder].function if folder in read else None
            folders = (*sorted(others), folder)
            found.append(PastCheckpoint(md5, folders, when, action or None, function, version))
        return found

    def pinned(self, named_at: Mapping[str, set[str]], pins: Mapping[str, str]) -> dict[str, str]:
        """Return the checkpoints of pinned versions; a run that nothing tells of may be of any in its folder."""
        if not pins:
            return {}
        by_folder = {runs_folder(pin.rpartition("/")[0]): holder for pin, holder in pins.items()}
        folders = [path.rpartition("/")[0] for path in named_at]
        near = [folder for folder in folders if folder.rpartition("/")[0] in by_folder]
        read = self._read(near)
        found: dict[str, str] = {}
        for folder in near:
            path = self._known.get(folder) or (read[folder].version["path"] if folder in read else None)
            holder = pins.get(pin_path(str(path))) if path else by_folder[folder.rpartition("/")[0]]
            if holder is not None:
                found |= dict.fromkeys(named_at[pointer_file(folder)], holder)
        return found

    def _read(self, folders: Iterable[str]) -> dict[str, RunRecord]:
        """Return the records of runs that the index does not know, as far as they can be read."""
        blobs = {
            folder: blob
            for folder in folders
            if folder not in self._known and (blob := self._records.get(run_file(folder)))
        }
        contents = read_blobs(self._repository.root, blobs.values())
        read = {}
        for folder, blob in blobs.items():
            try:
                read[folder] = decode_run(contents[blob], folder)
            except InvalidRecord:
                continue
        return read
