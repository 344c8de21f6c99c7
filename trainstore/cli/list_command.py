"""``trainstore list``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.options import dates_option, json_option, store_option
from trainstore.cli.output import paged, print_json
from trainstore.cli.paging import note_nothing, page_options
from trainstore.cli.table import print_table
from trainstore.documents.functions import of_functions, of_matches
from trainstore.plain_text import plain
from trainstore.wording.values import ago, iso_time, number

if TYPE_CHECKING:
    from trainstore.workflows.search_code import CodeMatch


@click.command("list")
@click.option(
    "--grep",
    "pattern",
    metavar="REGEX",
    help="Instead, list the lines of code that match, of all versions in the tree.",
)
@page_options
@dates_option
@store_option
@json_option
def list_command(
    pattern: str | None, limit: int | None, offset: int, dates: bool, folder: Path, as_json: bool
) -> None:
    """List the functions, each by its current version.

    \b
    Examples:
      trainstore list
      trainstore list --grep "nn\\.LSTM"
      trainstore list --json --limit 50
    """
    store = Store.open(folder)
    if pattern is not None:
        _list_matches(store.search(pattern)[offset:][: limit or None], offset, as_json)
        return
    entries = store.functions(limit=limit or -1, offset=offset)
    if as_json:
        print_json(of_functions(entries))
        return
    if not entries:
        make = "Save one with: trainstore save FILE, or: trainstore generate --data DATA"
        note_nothing(offset, f"There is no function yet. {make}")
        return
    when = iso_time if dates else ago
    rows = [
        (
            entry.current,
            entry.versions,
            entry.runs,
            number(entry.current.confidence),
            when(entry.current.timestamp),
            ", ".join(entry.current.parameters),
        )
        for entry in entries
    ]
    with paged():
        headers = ("FUNCTION", "VERSIONS", "RUNS", "CONFIDENCE", "SAVED", "HYPERPARAMETERS")
        print_table(headers, rows, spare=("HYPERPARAMETERS",))


def _list_matches(matches: "list[CodeMatch]", offset: int, as_json: bool) -> None:
    if as_json:
        print_json(of_matches(matches))
        return
    if not matches:
        note_nothing(offset, "No line of code matches.")
    with paged():
        for match in matches:
            click.echo(plain(f"{match.version}:{match.line}: {match.text.strip()}"))
