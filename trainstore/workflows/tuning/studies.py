"""The studies of a store: those at work or broken off here, and those that are committed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from trainstore.errors import InvalidRecord, NotFound
from trainstore.records.study import Ending, Figure, StudyHeader, Trial, best_of, decode_study, figure_of
from trainstore.store.git.read import blobs_at, read_blobs
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.workflows.tuning.study_file import StudyLines, ids_on_disk, is_at_work, study_on_disk

State = Literal["at work", "unfinished", "interrupted", "finished", "exhausted"]

_FILE = "/study.json"


@dataclass(frozen=True)
class StudyEntry:
    """A study as it stands.

    Attributes:
        state: ``unfinished`` where it was broken off and no run was kept; ``interrupted`` where its best so far was.
        trials: those so far, by number.
        ending: the run that was kept of it, and ``commit`` where; None where none was yet.
        here: whether it can go on in this work tree.
        importances: the share of each hyperparameter in what made values differ; None where it is not known.
    """

    header: StudyHeader
    state: State
    trials: tuple[Trial, ...]
    ending: Ending | None
    commit: str | None
    here: bool
    importances: Mapping[str, float] | None = None

    @property
    def best(self) -> Trial | None:
        """The best trial so far."""
        return best_of(self.trials)

    @property
    def figure(self) -> Figure | None:
        """What the trials are judged by."""
        return figure_of(self.trials)

    @property
    def can_go_on(self) -> bool:
        """Whether there is something left to do."""
        return self.here and self.state in ("unfinished", "interrupted")


def all_studies(
    repository: Repository, paths: Collection[str] | None = None, *, limit: int | None = None, offset: int = 0
) -> list[StudyEntry]:
    """Return the studies of a store, or of the versions with some paths, oldest first.

    Those that are committed are there as long as their run is in the tree. With a limit, at most so many of the newest
    are returned, after leaving out as many as ``offset`` says; no others are read.
    """
    with open_index(repository) as index:
        found = _find(repository, index, paths)
        newest = sorted(found, reverse=True)[offset:][:limit]
        return _read(repository, index, {study_id: found[study_id] for study_id in reversed(newest)})


def count_studies(repository: Repository, paths: Collection[str] | None = None) -> int:
    """Return how many studies there are of a store, or of the versions with some paths."""
    with open_index(repository) as index:
        return len(_find(repository, index, paths))


def find_study(repository: Repository, study_id: str) -> StudyEntry:
    """Return the study that an id, or a unique beginning of one, names. Raises NotFound."""
    with open_index(repository) as index:
        found = _find(repository, index, None)
        named = [one for one in sorted(found) if one.startswith(study_id)]
        entries = _read(repository, index, {one: found[one] for one in named}) if len(named) == 1 else []
    if entries:
        return entries[0]
    if named:
        raise NotFound(
            f"{study_id!r} is the beginning of several studies: {', '.join(named[:5])}.",
            "Give more of the id.",
        )
    raise NotFound(f"There is no study {study_id!r}.", "List them: trainstore studies")


def newest_to_resume(repository: Repository, version: Version | None) -> StudyEntry:
    """Return the newest study, of a version or of all, that can go on. Raises NotFound."""
    paths = [version.path] if version else None
    entries = [entry for entry in all_studies(repository, paths) if entry.can_go_on]
    if not entries:
        whose = f"of {version} " if version else ""
        raise NotFound(
            f"There is no unfinished study {whose}here.",
            "Begin one: trainstore tune VERSION --data DATA --trials N",
        )
    return entries[-1]


def _find(
    repository: Repository, index: Index, paths: Collection[str] | None
) -> dict[str, Sequence[RunEntry] | StudyEntry]:
    """Return, by the study's id, the runs that were kept of it; or what is here of one of which none was yet."""
    runs: dict[str, list[RunEntry]] = {}
    for run in index.runs_of_studies():
        if run.study_id and (paths is None or run.version_path in paths):
            runs.setdefault(run.study_id, []).append(run)
    found: dict[str, Sequence[RunEntry] | StudyEntry] = {**runs}
    for study_id in ids_on_disk(repository):
        lines = None if study_id in runs else study_on_disk(repository, study_id)
        if lines is not None and (paths is None or lines.header.version["path"] in paths):
            entry = _here(repository, index, lines)
            if entry.state in ("at work", "unfinished"):
                found[study_id] = entry
    return found


def _read(
    repository: Repository, index: Index, found: Mapping[str, Sequence[RunEntry] | StudyEntry]
) -> list[StudyEntry]:
    """Return the studies that were found; without those that cannot be read, of which verify tells."""
    runs = [run for one in found.values() if not isinstance(one, StudyEntry) for run in one]
    committed = _committed(repository, index, runs)
    entries = []
    for study_id, one in found.items():
        entry = one if isinstance(one, StudyEntry) else committed.get(study_id)
        lines = None if isinstance(one, StudyEntry) else study_on_disk(repository, study_id)
        if lines is not None:
            shares = entry.importances if entry and len(entry.trials) == len(lines.trials) else None
            entry = replace(_here(repository, index, lines), importances=shares)
        entries += [entry] if entry else []
    return entries


def _committed(repository: Repository, index: Index, runs: Sequence[RunEntry]) -> dict[str, StudyEntry]:
    """Return the studies beside runs, by id; of one that was kept several times, what has the most trials."""
    head = read_head(repository).commit
    blobs = blobs_at(repository.root, [(head, run.folder + _FILE) for run in runs]) if head and runs else []
    contents = read_blobs(repository.root, filter(None, blobs))
    found: dict[str, StudyEntry] = {}
    for run, blob in zip(runs, blobs, strict=True):
        try:
            record = decode_study(contents[blob or ""], run.folder + _FILE)
        except (InvalidRecord, KeyError):
            continue
        study_id, known = record.header.study_id, found.get(record.header.study_id)
        if study_id != run.study_id or (known and len(known.trials) >= len(record.trials)):
            continue
        found[study_id] = StudyEntry(
            record.header,
            record.ended.reason,
            tuple(record.trials),
            record.ended,
            _commit_of(index, record.ended),
            here=False,
            importances=record.importances,
        )
    return found


def _here(repository: Repository, index: Index, lines: StudyLines) -> StudyEntry:
    """Return a study of this work tree. One whose end is written down, but not committed, is unfinished."""
    ending, count = lines.ending, len(lines.trials)
    commit = _commit_of(index, ending) if ending and ending.trials == count else None
    state: State = "unfinished"
    if is_at_work(repository, lines.header.study_id):
        state = "at work"
    elif ending and commit:
        done = ending.reason == "interrupted" and count >= lines.header.trials
        state = "finished" if done else ending.reason
    return StudyEntry(lines.header, state, lines.trials, ending if commit else None, commit, here=True)


def _commit_of(index: Index, ending: Ending) -> str | None:
    runs = index.runs_with_prefix(ending.run_id)
    return runs[0].commit if runs else None
