"""``trainstore history``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.graph_report import report_graph
from trainstore.cli.lineage_report import report_lineage
from trainstore.cli.moments import MOMENT
from trainstore.cli.options import dates_option, json_option, store_option
from trainstore.cli.output import paged, print_json
from trainstore.cli.paging import note_nothing, page_options
from trainstore.cli.table import print_table
from trainstore.documents.history import of_events
from trainstore.store.index.entries import Event, EventFilter
from trainstore.wording.values import ago, iso_time

_GRAPH_EVENTS = 50
ACTIONS = (
    "init", "save", "import", "generate", "run", "rerun", "tune", "rollback", "restore", "undo", "prune", "pin",
    "unpin", "data",
)  # fmt: skip


@click.command("history")
@click.argument("name", required=False, shell_complete=complete_version)
@click.option(
    "--action", type=click.Choice(ACTIONS), metavar="ACTION", help=f"Only one of: {', '.join(ACTIONS)}."
)
@click.option("--model", "api_model", metavar="MODEL", help="Only what this language model wrote.")
@click.option("--author", metavar="TEXT", help="Only commits by people whose name holds TEXT.")
@click.option(
    "--since", type=MOMENT, help="Only from then on: 30d, 2w, 12h ago, or a date such as 2026-01-31."
)
@click.option("--until", type=MOMENT, help="Only up to then.")
@click.option("--min-confidence", type=click.FloatRange(0, 1), metavar="X", help="Only saves of at least X.")
@click.option("--tree", is_flag=True, help="Show which version of NAME was made from which.")
@click.option(
    "--graph",
    is_flag=True,
    help="Draw how the versions of NAME came about; 50 events if --limit says nothing else.",
)
@page_options
@dates_option
@store_option
@json_option
def history_command(
    name: str | None,
    action: str | None,
    api_model: str | None,
    author: str | None,
    since: float | None,
    until: float | None,
    min_confidence: float | None,
    tree: bool,
    graph: bool,
    limit: int | None,
    offset: int,
    dates: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Show what happened, newest first, to one function or to all.

    \b
    Examples:
      trainstore history
      trainstore history BiLSTM --limit 20
      trainstore history --action save --since 30d --min-confidence 0.9
      trainstore history BiLSTM --tree
      trainstore history BiLSTM --graph
    """
    store = Store.open(folder)
    chosen = EventFilter(action, api_model, author, since, until, min_confidence)
    if tree:
        report_lineage(store.lineage(_named(name, "--tree")), as_json)
        return
    if graph:
        name, limit = _named(name, "--graph"), limit or _GRAPH_EVENTS
        report_graph(store.lineage_graph(name, chosen, limit=limit, offset=offset), dates, as_json)
        return
    events = store.history(name, chosen, limit=limit or -1, offset=offset)
    if as_json:
        print_json(of_events(events))
        return
    _print_events(events, offset, dates)


def _named(name: str | None, option: str) -> str:
    if name is None:
        raise click.UsageError(f"{option} needs the NAME of a function.")
    return name


def _print_events(events: list[Event], offset: int, dates: bool) -> None:
    if not events:
        note_nothing(offset, "Nothing like that has happened.")
        return
    when = iso_time if dates else ago
    rows = [
        (event.commit[:10], when(event.committed), event.run_id or "", event.author, event.subject)
        for event in events
    ]
    with paged():
        print_table(("COMMIT", "WHEN", "RUN", "BY", "WHAT"), rows, spare=("BY", "RUN"))
