"""What is there already for a data set: the version of the same request, versions for such data, their results."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from trainstore.generation.prompt import Reached
from trainstore.records.origin import data_kind
from trainstore.records.run_record import RunRecord
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry, Version
from trainstore.store.index.queries import Index
from trainstore.workflows.read_run import read_run, read_runs
from trainstore.workflows.read_version import read_version

_MOST_RUNS = 200  # that are looked at
_MOST_TOLD = 5
_MOST_NEAR = 200
SPLIT_SEED = 0
_HEADLINES = ("validation_accuracy", "validation_r2")


@dataclass(frozen=True)
class Saved:
    """A version that may serve, with its newest run that succeeded on the data it was made for; None where none did."""

    version: Version
    run: RunRecord | None

    @property
    def scored(self) -> Mapping[str, float | None] | None:
        """What trainstore measured of that run."""
        return self.run.scored_metrics if self.run else None


def same_request(repository: Repository, index: Index, digest: str) -> Saved | None:
    """Return the newest version in the tree that the same request made."""
    path = index.origins.of_request(digest)
    version = index.version_at(path) if path is not None else None
    return None if version is None else _saved(repository, index, version)


def near(repository: Repository, index: Index, profile: Mapping[str, Any]) -> list[Saved]:
    """Return versions for data of the same kind, one a function, the newest first: same form and classes, any number."""
    kind = data_kind(profile)
    newest: dict[str, str] = {}
    for function, path in index.origins.of_kind(kind, _MOST_NEAR) if kind is not None else ():
        newest.setdefault(function, path)
    versions = index.versions_at(list(newest.values())[:_MOST_TOLD])
    return [_saved(repository, index, version) for version in versions]


def reached_on(repository: Repository, index: Index, data_digest: str) -> list[Reached]:
    """Return the best that was reached on the validation part of the very same data, one entry a version."""
    entries = [run for run in index.runs_on_data(data_digest, _MOST_RUNS) if run.outcome == "succeeded"]
    best: dict[str, RunRecord] = {}
    for run in _best_first(read_runs(repository, entries)):
        best.setdefault(run.version["path"], run)
    told = list(best.values())[:_MOST_TOLD]
    return [Reached(run.function.partition("/")[2], validation_metrics(run)) for run in told]


def best_run(
    repository: Repository, index: Index, version: Version, data_digest: str | None = None
) -> RunRecord | None:
    """Return the run of a version that is best on the validation part, of data of a digest or of any."""
    entries = [
        run for run in _succeeded(index, version) if data_digest is None or run.data_digest == data_digest
    ]
    return next(iter(_best_first(read_runs(repository, entries[-_MOST_RUNS:]))), None)


def validation_metrics(run: RunRecord) -> dict[str, float | None]:
    """Return what was measured on the validation part. What was measured on the test part stays unknown to models."""
    scored = run.scored_metrics or {}
    return {name: value for name, value in scored.items() if name.startswith("validation_")}


def is_split_usually(run: RunRecord) -> bool:
    """Tell whether a run's validation part is the usual one; that of another division holds what is test here."""
    return run.data["split"]["seed"] in (None, SPLIT_SEED)


def headline(run: RunRecord) -> float | None:
    """Return the one number by which versions are compared: on the validation part, the higher the better."""
    metrics = validation_metrics(run)
    return next((metrics[name] for name in _HEADLINES if metrics.get(name) is not None), None)


def _best_first(runs: Iterable[RunRecord]) -> list[RunRecord]:
    """Return the runs that can be compared with others on the validation part; of equals the first stays first."""
    scored = [(value, run) for run in runs if is_split_usually(run) and (value := headline(run)) is not None]
    return [run for _, run in sorted(scored, key=lambda one: -one[0])]


def _saved(repository: Repository, index: Index, version: Version) -> Saved:
    digest = _own_data(read_version(repository, version).content)
    runs = [run for run in _succeeded(index, version) if digest is None or run.data_digest == digest]
    return Saved(version, read_run(repository, runs[-1]) if runs else None)


def _own_data(record: Mapping[str, Any]) -> str | None:
    """Return the digest of the data that a version was made for; what it scored on others says nothing here."""
    profile = record.get("data_profile")
    metadata = profile.get("metadata") if isinstance(profile, dict) else None
    digest = metadata.get("digest") if isinstance(metadata, dict) else None
    return digest if isinstance(digest, str) else None


def _succeeded(index: Index, version: Version) -> list[RunEntry]:
    return [run for run in index.runs_of(version.path) if run.present and run.outcome == "succeeded"]
