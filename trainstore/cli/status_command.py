"""``trainstore status``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import paged, print_json
from trainstore.documents.store import of_status
from trainstore.plain_text import plain
from trainstore.wording.values import counted

if TYPE_CHECKING:
    from trainstore.workflows.status import Status


@click.command("status")
@store_option
@json_option
def status_command(folder: Path, as_json: bool) -> None:
    """Show what the store holds, and what was changed by hand.

    \b
    Examples:
      trainstore status
    """
    status = Store.open(folder).status()
    if as_json:
        print_json(of_status(status))
        return
    with paged():
        _print_status(status)


def _print_status(status: "Status") -> None:
    pending = status.pending
    place = status.branch.removeprefix("refs/heads/") if status.branch else "a detached HEAD"
    click.echo(plain(f"Store {status.root} on {place}"))
    held = ((status.functions, "function"), (status.versions, "version"), (status.runs, "run"))
    click.echo(", ".join(counted(count, noun) for count, noun in held))
    _print_paths("New records, not saved yet (trainstore save --all)", pending.new)
    _print_paths("Edited by hand (trainstore save --all makes each the next version)", pending.changed)
    _print_paths(
        "Deleted by hand (git restore PATH brings one back, trainstore prune --adopt commits it)",
        pending.deleted,
    )
    if not any((pending.new, pending.changed, pending.deleted)):
        click.echo("Nothing was changed by hand.")
    if missing := status.missing_checkpoints:  # all of them in a clone
        are = "is" if len(missing) == 1 else "are"
        click.echo(
            f"\n{counted(len(missing), 'checkpoint')} {are} not in the work tree; commands get what they need. "
            "To have them all there: trainstore pull --checkpoints, then dvc checkout"
        )


def _print_paths(title: str, paths: tuple[str, ...]) -> None:
    if paths:
        click.echo(f"\n{title}:")
        for path in paths:
            click.echo(plain(f"  {path}"))
