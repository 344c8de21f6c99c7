"""``trainstore status``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.plain_text import plain
from trainstore.wording.values import counted


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
    pending = status.pending
    if as_json:
        print_json(
            {
                "root": str(status.root),
                "branch": status.branch,
                "commit": status.commit,
                "functions": status.functions,
                "versions": status.versions,
                "runs": status.runs,
                "new": list(pending.new),
                "changed": list(pending.changed),
                "deleted": list(pending.deleted),
                "missing_checkpoints": list(status.missing_checkpoints),
            }
        )
        return
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
    _print_paths(
        "Checkpoints that are not in the work tree (dvc checkout brings them)", status.missing_checkpoints
    )
    if not any((pending.new, pending.changed, pending.deleted, status.missing_checkpoints)):
        click.echo("Nothing was changed by hand.")


def _print_paths(title: str, paths: tuple[str, ...]) -> None:
    if paths:
        click.echo(f"\n{title}:")
        for path in paths:
            click.echo(plain(f"  {path}"))
