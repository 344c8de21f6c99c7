"""``trainstore history``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.documents import of_event
from trainstore.cli.options import json_option, page_options, store_option
from trainstore.cli.output import ago, note, print_json, print_table


@click.command("history")
@click.argument("name", required=False)
@page_options
@store_option
@json_option
def history_command(name: str | None, limit: int | None, offset: int, folder: Path, as_json: bool) -> None:
    """Show what happened, newest first, to one function or to all.

    \b
    Examples:
      trainstore history
      trainstore history BiLSTM --limit 20
    """
    events = Store.open(folder).history(name, limit=limit or -1, offset=offset)
    if as_json:
        print_json({"events": [of_event(event) for event in events]})
        return
    if not events:
        note("Nothing has happened yet.")
        return
    rows = [
        (event.commit[:10], ago(event.committed), event.run_id or "", event.author, event.subject)
        for event in events
    ]
    print_table(("COMMIT", "WHEN", "RUN", "BY", "WHAT"), rows)
