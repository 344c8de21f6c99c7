"""How a change of the tree is told: a rollback, a restore, an undo."""

import shlex
from typing import Protocol

import click

from trainstore.cli.output import print_json, warn
from trainstore.plain_text import plain
from trainstore.store.index.entries import Version
from trainstore.wording.values import iso_time
from trainstore.workflows.run_files import CheckpointFolders

_MOST_PATHS = 20


class TreeChange(Protocol):
    """What a workflow that changes the tree returns."""

    @property
    def commit(self) -> str | None:
        """The commit it made, if any."""

    @property
    def added(self) -> tuple[str, ...]:
        """Paths that came."""

    @property
    def removed(self) -> tuple[str, ...]:
        """Paths that went."""

    @property
    def folders(self) -> CheckpointFolders:
        """Checkpoints that could not follow."""


def report_tree_change(change: TreeChange, done: str, current: Version | None, as_json: bool) -> None:
    """Print what came, what went, and which version is current now."""
    if as_json:
        print_json(
            {
                "commit": change.commit,
                "function": current.function if current else None,
                "current": current.ordinal if current else None,
                "added": list(change.added),
                "removed": list(change.removed),
            }
        )
    else:
        made = f" (commit {change.commit[:10]})" if change.commit else "; nothing to do"
        click.echo(plain(f"{done}{made}."))
        lines = [
            f"{sign} {path}" for sign, paths in (("+", change.added), ("-", change.removed)) for path in paths
        ]
        for line in lines[:_MOST_PATHS]:
            click.echo(plain(f"  {line}"))
        if change.commit and len(lines) > _MOST_PATHS:
            click.echo(f"  … {len(lines)} files in all: git show --stat {change.commit[:10]}")
    for path in change.folders.missing:
        warn(_missing(path, change.folders.reclaimed.get(path)))
    for path in change.folders.kept:
        warn(f"The folder {path} was left: it holds files that are nowhere else.")


def _missing(folder: str, reclaimed_at: int | None) -> str:
    """Say why a checkpoint did not come back, and what gives it back."""
    pointer = shlex.quote(f"{folder}.dvc")
    if reclaimed_at is None:
        return f"The checkpoint {folder} is not in the cache, and no DVC remote gave it; see: trainstore verify --remote"
    run_id = folder.split("/")[-2]
    return (
        f"The code and what was recorded of run {run_id} are back, but its checkpoint was reclaimed on "
        f"{iso_time(reclaimed_at)[:10]}. Where a DVC remote has it: dvc pull {pointer}; else: trainstore rerun {run_id}"
    )
