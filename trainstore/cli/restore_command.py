"""``trainstore restore``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.tree_report import report_tree_change
from trainstore.wording.values import counted


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
    done = f"{result.target} is in the tree already"
    if result.commit:
        runs = f" with {counted(result.runs, 'run')}" if result.runs else ""
        done = f"{result.target} is back{runs}; current is {result.current}"
    report_tree_change(result, done, result.current, as_json)
