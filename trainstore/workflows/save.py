"""Saving records as new current versions, and importing them as they are."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from trainstore.store.git.changes import Commit
from trainstore.store.git.repository import Head, Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.save_plan import Incoming, SavePlan


@dataclass(frozen=True)
class SaveResult:
    """What became of each record, in the order given.

    Attributes:
        saved: new versions.
        unchanged: versions that were there already.
        gone: versions that were there once and left the tree; `restore` brings them back.
    """

    saved: list[Version] = field(default_factory=list)
    unchanged: list[Version] = field(default_factory=list)
    gone: list[Version] = field(default_factory=list)


def save_records(repository: Repository, incoming: Sequence[Incoming], action: str = "save") -> SaveResult:
    """Commit each record as the new current version of its function, one commit each.

    A record equal in code and search space to the current version makes no commit. One whose time is not later
    than the newest version's gets the next free second from now on. A file that stays as it is is committed
    byte for byte.

    Raises:
        StoreConflict, StoreLocked, GitFailed: nothing was saved.
    """
    return _commit(repository, action, (), incoming)


def import_records(repository: Repository, incoming: Sequence[Incoming]) -> SaveResult:
    """Commit records with their own times, byte for byte, one commit each, dated by the record.

    Raises:
        StoreConflict, StoreLocked, GitFailed: nothing was imported.
    """
    return _commit(repository, "import", incoming, ())


def save_mixed(repository: Repository, keep: Sequence[Incoming], save: Sequence[Incoming]) -> SaveResult:
    """Commit some records with their own times, and others as new current versions."""
    return _commit(repository, "save", keep, save)


def _commit(
    repository: Repository, action: str, keep: Sequence[Incoming], save: Sequence[Incoming]
) -> SaveResult:
    plan: SavePlan | None = None

    def make(_: Head) -> list[Commit]:
        nonlocal plan
        with open_index(repository) as index:
            plan = SavePlan(index, action)
            for item in keep:
                plan.keep(item)
            for item in save:
                plan.save(item)
        return plan.commits

    commit_changes(repository, make)
    assert plan is not None
    with open_index(repository) as index:
        found = [index.versions_at(paths) for paths in (plan.saved, plan.unchanged, plan.gone)]
    return SaveResult(*found)
