"""``trainstore rollback``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.tree_report import report_tree_change


@click.command("rollback")
@click.argument("name", shell_complete=complete_version)
@click.argument("version", shell_complete=complete_version)
@store_option
@json_option
def rollback_command(name: str, version: str, folder: Path, as_json: bool) -> None:
    """Bring a function back to an earlier version.

    It becomes what it was right after VERSION was saved. Newer versions leave the tree with their runs; history
    keeps them, and rolling forward brings them back. VERSION is an ordinal, a timestamp, or any name of a version.

    \b
    Examples:
      trainstore rollback BiLSTM @3
      trainstore rollback BiLSTM BiLSTM~1
    """
    result = Store.open(folder).rollback(name, version)
    done = f"{result.current} is current again" if result.commit else f"{result.current} is current already"
    report_tree_change(result, done, result.current, as_json)
