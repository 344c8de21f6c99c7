"""``trainstore runs``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import dates_option, json_option, store_option
from trainstore.cli.output import note, paged, print_json
from trainstore.cli.table import print_table
from trainstore.documents import of_run
from trainstore.wording.values import ago, iso_time, number


@click.command("runs")
@click.argument("name", required=False, shell_complete=complete_version)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the N newest [default: all].")
@dates_option
@store_option
@json_option
def runs_command(name: str | None, limit: int | None, dates: bool, folder: Path, as_json: bool) -> None:
    """List the runs of a function, of one version or of all, oldest first.

    \b
    Examples:
      trainstore runs
      trainstore runs BiLSTM --limit 20
      trainstore runs BiLSTM@3 --json
    """
    store = Store.open(folder)
    entries = store.runs(name)[-limit if limit else None :]
    versions = store.versions_of(entries)
    if as_json:
        records = zip(entries, store.run_records(entries), strict=True)
        print_json(
            {"runs": [of_run(record, versions.get(run.version_path), run.commit) for run, record in records]}
        )
        return
    if not entries:
        whose = f"{name} has" if name is not None else "There is"
        note(f"{whose} no run yet. Make one with: trainstore run VERSION --data DATA")
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
        headers = ("RUN", "VERSION", "OUTCOME", "DEVICE", "SCORE", "VERDICT", "CLAIM", "WHEN")
        print_table(headers, rows, spare=("WHEN", "DEVICE", "CLAIM"))
