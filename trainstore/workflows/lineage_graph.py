"""How a function came to be what it is: its saves, rollbacks and the like, each with what it continues from."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trainstore.store.git.folders import names_in_folders
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Event, EventFilter, RunEntry, Version
from trainstore.store.index.messages import SAVING_ACTIONS
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_function
from trainstore.workflows.made_from import find_parents, newest_of, summaries

Function = tuple[str, str]


@dataclass(frozen=True)
class Step:
    """One event of a function's lineage.

    Attributes:
        version: the one that it saved, or that was current after it; None where none was left.
        made_from: of a save, the version that it was made from.
        continues: the commit of the older step that it continues from; None where that is not among those given.
        summary: of a save, what changed since ``made_from``, in one line.
        run: the newest successful run of the version, on the data that most of the function's runs are on, if there is
            one; None where it has none in the tree.
        other_data: whether that run is on other data.
        runs: how many there are in the tree.
    """

    event: Event
    version: Version | None
    made_from: Version | None
    continues: str | None
    summary: str
    run: RunEntry | None
    other_data: bool
    runs: int

    @property
    def is_save(self) -> bool:
        """Whether it saved a version."""
        return self.event.action in SAVING_ACTIONS


def lineage_graph(
    repository: Repository,
    name: str,
    chosen: EventFilter,
    *,
    limit: int,
    offset: int = 0,
    summarised: bool = True,
) -> list[Step]:
    """Return what changed a function's versions, newest first; only what is returned is read.

    ``summarised`` reads the code of each version to say what changed, which takes up to a tenth of a second each.

    Raises:
        NotFound: there is no such function, or several.
    """
    with open_index(repository) as index:
        function = resolve_function(index, name)
        events = index.events(function, chosen._replace(runs=False), limit=limit, offset=offset)
        versions = _versions_of(repository, index, function, events)
        saves = [
            version for event, version in zip(events, versions, strict=True) if _saved(event) and version
        ]
        parents = dict(zip(saves, find_parents(repository, index, saves), strict=True))
        runs = index.runs_of_function(*function)
    told = _summaries(repository, parents) if summarised else {}
    return _steps(list(zip(events, versions, strict=True)), parents, told, _Evidence(runs))


def _steps(
    events: Sequence[tuple[Event, Version | None]],
    parents: Mapping[Version, Version | None],
    told: Mapping[Version, str],
    evidence: "_Evidence",
) -> list[Step]:
    """Return a step for each event, newest first, as they are."""
    steps: list[Step] = []
    last: dict[str, str] = {}  # of each version, the commit of the newest step after which it was current
    for event, version in reversed(events):
        save = version if _saved(event) else None
        made_from = parents[save] if save else None
        before = made_from if save else version
        steps.append(
            Step(
                event,
                version,
                made_from,
                last.get(before.path) if before else None,
                told.get(save, "") if save else "",
                *evidence.of(version),
            )
        )
        if version:
            last[version.path] = event.commit
    return steps[::-1]


def _summaries(repository: Repository, parents: Mapping[Version, Version | None]) -> dict[Version, str]:
    return dict(
        zip(parents, summaries(repository, [(old, new) for new, old in parents.items()]), strict=True)
    )


class _Evidence:
    """The runs of a function, by version."""

    def __init__(self, runs: Sequence[RunEntry]) -> None:
        self._usual = next(iter(Counter(run.data_digest for run in runs).most_common(1)), (None, 0))[0]
        self._runs: dict[str, list[RunEntry]] = {}
        for run in runs:
            self._runs.setdefault(run.version_path, []).append(run)

    def of(self, version: Version | None) -> tuple[RunEntry | None, bool, int]:
        """Return the run that stands for a version, whether it is on other data than most, and how many there are."""
        runs = self._runs.get(version.path, []) if version else []
        succeeded = [run for run in reversed(runs) if run.outcome == "succeeded"]
        usual = (run for run in succeeded if run.data_digest == self._usual)
        run = next(usual, next(iter(succeeded), None))
        return run, run is not None and run.data_digest != self._usual, len(runs)


def _saved(event: Event) -> bool:
    return event.action in SAVING_ACTIONS


def _versions_of(
    repository: Repository, index: Index, function: Function, events: Sequence[Event]
) -> list[Version | None]:
    """Return what each event saved, or else which version was current after it."""
    every = index.versions(*function)
    saved = {version.commit: version for version in every}
    folders = sorted({version.folder for version in every})
    others = [event for event in events if not _saved(event)]
    names = iter(
        names_in_folders(repository, [(event.commit, folder) for event in others for folder in folders])
    )
    current: dict[str, Version | None] = {}
    for event in others:
        found = [newest_of(every, folder, next(names)) for folder in folders]
        current[event.commit] = max((one for one in found if one), key=lambda one: one.ordinal, default=None)
    return [saved.get(event.commit) if _saved(event) else current[event.commit] for event in events]
