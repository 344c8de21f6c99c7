"""``trainstore undo``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, store_option
from trainstore.cli.tree_report import report_tree_change


@click.command("undo")
@click.argument("commit", required=False)
@store_option
@json_option
def undo_command(commit: str | None, folder: Path, as_json: bool) -> None:
    """Undo the newest change, or another.

    A new commit takes trainstore's newest one back, or COMMIT. Undoing again is the redo. A commit whose files have
    changed since is not undone.

    \b
    Examples:
      trainstore undo
      trainstore undo 3fa9c1d
    """
    result = Store.open(folder).undo(commit)
    report_tree_change(result, f"Undid: {result.undone.subject}", result.current, as_json)
