"""``trainstore list``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.documents import of_function
from trainstore.cli.options import json_option, page_options, store_option
from trainstore.cli.output import ago, note, number, print_json, print_table


@click.command("list")
@page_options
@store_option
@json_option
def list_command(limit: int | None, offset: int, folder: Path, as_json: bool) -> None:
    """List the functions, each by its current version.

    \b
    Examples:
      trainstore list
      trainstore list --json --limit 50
    """
    entries = Store.open(folder).functions(limit=limit or -1, offset=offset)
    if as_json:
        print_json({"functions": [of_function(entry) for entry in entries]})
        return
    if not entries:
        note(
            "There is no function yet. Save one with: trainstore save FILE, or: trainstore generate --data DATA"
        )
        return
    rows = [
        (
            entry.current,
            entry.versions,
            entry.runs,
            number(entry.current.confidence),
            ago(entry.current.timestamp),
            ", ".join(entry.current.parameters),
        )
        for entry in entries
    ]
    print_table(("FUNCTION", "VERSIONS", "RUNS", "CONFIDENCE", "SAVED", "HYPERPARAMETERS"), rows)
