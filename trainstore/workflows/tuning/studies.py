"""The studies of a store: those at work or broken off here, and those that are committed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from trainstore.disk_format.layout import RUNS
from trainstore.errors import InvalidRecord, NotFound
from trainstore.records.study import Ending, Figure, StudyHeader, Trial, best_of, decode_study, figure_of
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.entries import Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.workflows.tuning.study_file import StudyLines, is_at_work, studies_on_disk

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


def all_studies(repository: Repository, version: Version | None = None) -> list[StudyEntry]:
    """Return the studies of a store, or of one version, oldest first.

    Those that are committed are there as long as their run is in the tree.
    """
    with open_index(repository) as index:
        found: dict[str, StudyEntry] = {}
        for entry in _committed(repository, index):
            known = found.get(entry.header.study_id)
            if known is None or len(entry.trials) > len(known.trials):
                found[entry.header.study_id] = entry
        for lines in studies_on_disk(repository):
            entry = _here(repository, index, lines)
            known = found.get(entry.header.study_id)
            if known is not None or entry.state in ("at work", "unfinished"):
                shares = known.importances if known and len(known.trials) == len(entry.trials) else None
                found[entry.header.study_id] = replace(entry, importances=shares)
    path = version.path if version else None
    entries = (found[study_id] for study_id in sorted(found))
    return [entry for entry in entries if path in (None, entry.header.version["path"])]


def find_study(repository: Repository, study_id: str) -> StudyEntry:
    """Return the study that an id, or a unique beginning of one, names. Raises NotFound."""
    entries = [entry for entry in all_studies(repository) if entry.header.study_id.startswith(study_id)]
    if len(entries) == 1:
        return entries[0]
    if entries:
        ids = ", ".join(entry.header.study_id for entry in entries[:5])
        raise NotFound(f"{study_id!r} is the beginning of several studies: {ids}.", "Give more of the id.")
    raise NotFound(f"There is no study {study_id!r}.", "List them: trainstore studies")


def newest_to_resume(repository: Repository, version: Version | None) -> StudyEntry:
    """Return the newest study, of a version or of all, that can go on. Raises NotFound."""
    entries = [entry for entry in all_studies(repository, version) if entry.can_go_on]
    if not entries:
        whose = f"of {version} " if version else ""
        raise NotFound(
            f"There is no unfinished study {whose}here.",
            "Begin one: trainstore tune VERSION --data DATA --trials N",
        )
    return entries[-1]


def _committed(repository: Repository, index: Index) -> Iterator[StudyEntry]:
    head = read_head(repository).commit
    blobs = list_tree(repository.root, head, [RUNS]) if head else {}
    wanted = {path: blob for path, blob in blobs.items() if path.endswith(_FILE)}
    contents = read_blobs(repository.root, wanted.values())
    for path, blob in wanted.items():
        try:
            record = decode_study(contents[blob], path)
        except InvalidRecord:  # verify tells of it; the others can be listed all the same
            continue
        commit = _commit_of(index, record.ended)
        yield StudyEntry(
            record.header,
            record.ended.reason,
            tuple(record.trials),
            record.ended,
            commit,
            here=False,
            importances=record.importances,
        )


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
