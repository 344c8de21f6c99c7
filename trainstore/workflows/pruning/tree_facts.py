"""What HEAD's tree holds of versions, runs and checkpoints, read once for a plan. What cannot be read is told."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import zip_longest

import msgspec

from trainstore.disk_format.dvc_files import pointed_folder, pointed_size
from trainstore.disk_format.layout import (
    FUNCTIONS,
    RUNS,
    checkpoint_folder,
    folder_of_run,
    is_checkpoint_pointer,
    is_record_path,
    is_run_path,
    pin_path,
    run_file,
    runs_folder,
)
from trainstore.errors import GitFailed, InvalidRecord
from trainstore.records.run_record import decode_run
from trainstore.records.training_record import decode_record
from trainstore.retention.plan import VersionFacts
from trainstore.retention.scores import RunFacts
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.update import open_index
from trainstore.workflows.pruning.prune_plan import PruneItem

_BLOBS_A_CALL = 300
_CALLS_AHEAD = 2  # with the one that is looked at, what is held in memory


@dataclass(frozen=True)
class Pointer:
    """What a pointer in the tree says."""

    folder: str
    md5: str
    size: int


@dataclass
class TreeFacts:
    """A tree as a plan needs it.

    Attributes:
        pins: paths of the pins.
        versions: those that git and the index know, by path.
        strays: records that nothing is known of, as they cannot be read.
        runs: those of each version.
        run_files: every file of a run, by the run's folder.
        run_folders: folders of the runs of a version, by its path.
        pointers: by the run's folder.
        unreadable: why a version cannot be judged, by its path.
    """

    repository: Repository
    blobs: Mapping[str, str]
    pins: frozenset[str] = frozenset()
    versions: dict[str, Version] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    runs: list[RunFacts] = field(default_factory=list)
    run_files: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    run_folders: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    pointers: dict[str, Pointer] = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)

    def item(self, path: str, reason: str, runs: Sequence[str] | None = None) -> PruneItem:
        """Return a version with its runs, or what else stands at a path, as a plan has it."""
        folders = self.run_folders.get(path, ()) if runs is None else runs
        if not folders:
            return PruneItem(self.versions.get(path), path, reason)
        pointers = [self.pointers[folder] for folder in folders if folder in self.pointers]
        size = sum({pointer.md5: pointer.size for pointer in pointers}.values())
        return PruneItem(self.versions.get(path), path, reason, tuple(folders), size)

    def files_of(self, runs: Iterable[str]) -> Iterator[str]:
        """Yield every path below the folders of runs."""
        for folder in runs:
            yield from self.run_files.get(folder, ())

    def is_pinned(self, version_path: str) -> bool:
        """Tell whether a version is pinned."""
        return bool(self.pins) and pin_path(version_path) in self.pins


def read_tree(repository: Repository, head: str) -> TreeFacts:
    """Return what HEAD's tree holds, from the index and from what git lists; contents are not read yet."""
    blobs = list_tree(repository.root, head, [FUNCTIONS, RUNS])
    facts = TreeFacts(repository, blobs, frozenset(path for path in blobs if path.endswith(".pin")))
    with open_index(repository) as index:
        known = index.versions_in_tree()
        entries = {run.folder: run for run in index.runs()}
    facts.versions = {version.path: version for version in known if version.path in blobs}
    facts.strays = [path for path in blobs if path not in facts.versions and is_record_path(path)]
    for path in blobs:
        folder = folder_of_run(path)
        if folder is not None:
            facts.run_files[folder].append(path)
    _add_runs(facts, entries)
    _add_pointers(facts)
    return facts


def know_versions(facts: TreeFacts, versions: Sequence[Version], edited: Iterable[str]) -> list[VersionFacts]:
    """Return what the index knows of versions, which takes no reading."""
    changed = set(edited)
    return [
        VersionFacts(
            version.path,
            version.function,
            version.ordinal,
            version.timestamp,
            version.confidence,
            pinned=facts.is_pinned(version.path),
            edited=version.path in changed,
            unreadable=facts.unreadable.get(version.path, ""),
        )
        for version in versions
    ]


def read_versions(facts: TreeFacts, versions: Sequence[Version], edited: Iterable[str]) -> list[VersionFacts]:
    """Read the records of versions; one that cannot be read, or says otherwise than its commit, is told so."""
    known = know_versions(facts, versions, edited)
    return [
        _as_read(version, data)
        for version, (_, data) in zip(known, _contents(facts, [one.path for one in known]), strict=True)
    ]


def _as_read(version: VersionFacts, data: bytes | None) -> VersionFacts:
    try:
        record = decode_record(data or b"", version.path.rpartition("/")[2], version.timestamp)
    except InvalidRecord:
        return msgspec.structs.replace(version, unreadable="its record is damaged")
    why = version.unreadable
    if record.timestamp != version.timestamp:  # its place stays: no other stops being the current one by it
        why = "its record and its commit disagree on its time"
    return msgspec.structs.replace(version, confidence=record.confidence, unreadable=why)


def read_metrics(facts: TreeFacts, versions: Iterable[Version]) -> None:
    """Read what trainstore scored in the runs of versions; a version with a damaged one is told so."""
    of_run = {folder: version.path for version in versions for folder in facts.run_folders[version.path]}
    metrics = {}
    for path, data in _contents(facts, [run_file(folder) for folder in of_run]):
        folder = path.rpartition("/")[0]
        try:
            metrics[folder] = decode_run(data or b"", folder).scored_metrics
        except InvalidRecord:
            facts.unreadable[of_run[folder]] = f"{path} is damaged"
    facts.runs = [run._replace(metrics=metrics.get(run.folder)) for run in facts.runs]


def _add_runs(facts: TreeFacts, entries: Mapping[str, RunEntry]) -> None:
    """Add the runs in the tree; one that no message tells of, as after a squash, is asked itself."""
    folders = [path.rpartition("/")[0] for path in facts.blobs if is_run_path(path)]
    for folder in folders:
        run = entries.get(folder)
        if run is not None:
            succeeded = run.outcome == "succeeded"
            _add_run(facts, RunFacts(run.version_path, succeeded, run.data_digest, run.score, folder=folder))
    unknown = [run_file(folder) for folder in folders if folder not in entries]
    for path, data in _contents(facts, unknown):
        folder = path.rpartition("/")[0]
        try:
            record = decode_run(data or b"", folder)
        except InvalidRecord:
            _distrust_function(facts, path)
            continue
        succeeded, digest = record.outcome == "succeeded", record.data["digest"]
        _add_run(facts, RunFacts(record.version["path"], succeeded, digest, record.score, folder=folder))


def _add_run(facts: TreeFacts, run: RunFacts) -> None:
    facts.runs.append(run)
    facts.run_folders[run.version_path].append(run.folder)


def _distrust_function(facts: TreeFacts, path: str) -> None:
    """Keep every version that a damaged run may be of."""
    folder = path.rpartition("/")[0].rpartition("/")[0]
    for version in facts.versions.values():
        if runs_folder(version.folder) == folder:
            facts.unreadable[version.path] = f"{path} is damaged, and may be its run"


def _add_pointers(facts: TreeFacts) -> None:
    paths = [path for path in facts.blobs if is_checkpoint_pointer(path)]
    for path, data in _contents(facts, paths):
        md5 = pointed_folder(data or b"")
        if md5 is not None:
            folder = path.rpartition("/")[0]
            facts.pointers[folder] = Pointer(checkpoint_folder(folder), md5, pointed_size(data or b"") or 0)


def _contents(facts: TreeFacts, paths: Sequence[str]) -> Iterator[tuple[str, bytes | None]]:
    """Yield the content of files of the tree; None where git cannot read it."""

    def read(some: Sequence[str]) -> dict[str, bytes]:
        return _read_what_can_be(facts.repository, [facts.blobs[path] for path in some])

    parts = [paths[start : start + _BLOBS_A_CALL] for start in range(0, len(paths), _BLOBS_A_CALL)]
    with ThreadPoolExecutor(_CALLS_AHEAD) as beside:  # git reads the next parts while this one is looked at
        coming = deque(beside.submit(read, part) for part in parts[:_CALLS_AHEAD])
        for part, later in zip_longest(parts, parts[_CALLS_AHEAD:], fillvalue=()):
            contents = coming.popleft().result()
            if later:
                coming.append(beside.submit(read, later))
            yield from ((path, contents.get(facts.blobs[path])) for path in part)


def _read_what_can_be(repository: Repository, blobs: Sequence[str]) -> dict[str, bytes]:
    """Read blobs; where git fails, halve them until the damaged ones stand alone."""
    try:
        return read_blobs(repository.root, blobs)
    except GitFailed:
        if len(blobs) == 1:
            return {}
        half = len(blobs) // 2
        return _read_what_can_be(repository, blobs[:half]) | _read_what_can_be(repository, blobs[half:])
