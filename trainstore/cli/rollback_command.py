"""``trainstore rollback``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json, warn


@click.command("rollback")
@click.argument("name")
@click.argument("version")
@store_option
@json_option
def rollback_command(name: str, version: str, folder: Path, as_json: bool) -> None:
    """Bring a function back to what it was right after VERSION was saved.

    Newer versions leave the tree with their runs; history keeps them, and rolling forward brings them back.
    VERSION is an ordinal, a timestamp, or any name of a version.

    \b
    Examples:
      trainstore rollback BiLSTM @3
      trainstore rollback BiLSTM BiLSTM~1
    """
    result = Store.open(folder).rollback(name, version)
    if as_json:
        print_json(
            {
                "commit": result.commit,
                "function": result.current.function,
                "current": result.current.ordinal,
                "added": list(result.added),
                "removed": list(result.removed),
            }
        )
    elif result.commit is None:
        click.echo(f"{result.current} is current already; nothing to do.")
    else:
        click.echo(f"{result.current} is current again (commit {result.commit[:10]}).")
        for sign, paths in (("+", result.added), ("-", result.removed)):
            for path in paths:
                click.echo(f"  {sign} {path}")
    for path in result.folders.missing:
        warn(f"The checkpoint {path} is not in the cache; fetch it with: dvc fetch")
    for path in result.folders.kept:
        warn(f"The folder {path} was left: it holds files that are nowhere else.")
