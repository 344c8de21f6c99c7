"""How a change of the tree is told: a rollback, a restore, an undo."""

import shlex
from collections.abc import Iterable
from typing import Protocol

import click

from trainstore.cli.output import print_json, warn
from trainstore.disk_format.layout import folder_of_run
from trainstore.documents.store import TreeChange, of_tree_change
from trainstore.plain_text import plain
from trainstore.store.index.entries import Version
from trainstore.wording.values import iso_time
from trainstore.workflows.run_files import CheckpointFolders

_MOST_PATHS = 20


class ToldTreeChange(TreeChange, Protocol):
    """What such a workflow returns, with what a person is warned of."""

    @property
    def folders(self) -> CheckpointFolders:
        """Checkpoints that could not follow."""


def report_tree_change(change: ToldTreeChange, done: str, current: Version | None, as_json: bool) -> None:
    """Print what came, what went, and which version is current now."""
    if as_json:
        print_json(of_tree_change(change, current))
    else:
        made = f" (commit {change.commit[:10]})" if change.commit else "; nothing to do"
        click.echo(plain(f"{done}{made}."))
        signs = {"+": change.added, "-": change.removed}
        lines = [f"{sign} {path}" for sign, paths in signs.items() for path in _told(paths)]
        for line in lines[:_MOST_PATHS]:
            click.echo(plain(f"  {line}"))
        if change.commit and len(lines) > _MOST_PATHS:
            click.echo(
                f"  … {len(lines) - _MOST_PATHS} more; all files: git show --stat {change.commit[:10]}"
            )
    for path in change.folders.missing:
        warn(_missing(path, change.folders.reclaimed.get(path)))
    for path in change.folders.kept:
        warn(f"The folder {path} was left: it holds files that are nowhere else.")


def _told(paths: Iterable[str]) -> Iterable[str]:
    """Return each path once; of the files of a run their folder alone."""
    return dict.fromkeys(f"{run}/" if (run := folder_of_run(path)) else path for path in paths)


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
