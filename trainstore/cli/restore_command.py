"""``trainstore restore``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.tree_report import report_tree_change


@click.command("restore")
@click.argument("version", shell_complete=complete_version)
@store_option
@json_option
def restore_command(version: str, folder: Path, as_json: bool) -> None:
    """Bring back a version that left the tree, with its runs.

    The current version stays the current one, unless the restored one is newer.

    \b
    Examples:
      trainstore restore BiLSTM@2
    """
    result = Store.open(folder).restore(version)
    done = f"{result.target} and its runs are back; current is {result.current}" if result.commit else ""
    report_tree_change(result, done or f"{result.target} is in the tree already", result.current, as_json)
