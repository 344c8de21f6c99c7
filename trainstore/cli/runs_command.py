"""``trainstore runs``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import dates_option, json_option, store_option
from trainstore.cli.output import paged, print_json
from trainstore.cli.paging import newest_options, note_nothing
from trainstore.cli.table import print_table
from trainstore.documents.runs import of_runs
from trainstore.wording.values import ago, iso_time, number

_HEADERS = ("RUN", "VERSION", "OUTCOME", "DEVICE", "SCORE", "VERDICT", "CLAIM", "WHEN")


@click.command("runs")
@click.argument("name", required=False, shell_complete=complete_version)
@newest_options
@dates_option
@store_option
@json_option
def runs_command(
    name: str | None, limit: int | None, offset: int, dates: bool, folder: Path, as_json: bool
) -> None:
    """List the runs of a function, of one version or of all, oldest first.

    \b
    Examples:
      trainstore runs
      trainstore runs BiLSTM --limit 20
      trainstore runs BiLSTM@3 --json
    """
    store = Store.open(folder)
    entries = store.runs(name, limit=limit, offset=offset)
    versions = store.versions_of(entries)
    if as_json:
        of_entries = (versions.get(entry.version_path) for entry in entries)
        print_json(of_runs(zip(entries, store.run_records(entries), of_entries, strict=True)))
        return
    if not entries:
        whose = f"{name} has" if name is not None else "There is"
        note_nothing(offset, f"{whose} no run yet. Make one with: trainstore run VERSION --data DATA")
        return
    when = iso_time if dates else ago
    rows = [
        (
            run.run_id,
            versions.get(run.version_path, run.version_path),
            run.outcome,
            run.device,
            number(run.score),
            run.verdict or "",
            run.claim or "",
            when(run.committed),
        )
        for run in entries
    ]
    with paged():
        print_table(_HEADERS, rows, spare=("WHEN", "DEVICE", "CLAIM"))
