"""``trainstore runs``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.documents import of_run
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import ago, note, number, paged, print_json, print_table


@click.command("runs")
@click.argument("version", required=False, shell_complete=complete_version)
@store_option
@json_option
def runs_command(version: str | None, folder: Path, as_json: bool) -> None:
    """List the runs, newest last, of one version or of all.

    \b
    Examples:
      trainstore runs
      trainstore runs BiLSTM@3 --json
    """
    store = Store.open(folder)
    entries = store.runs(version)
    if as_json:
        versions = {entry.version_path: store.version(entry.version_path) for entry in entries}
        runs = [
            of_run(store.run_record(run.run_id), versions[run.version_path], run.commit) for run in entries
        ]
        print_json({"runs": runs})
        return
    if not entries:
        note("There is no run yet. Make one with: trainstore run VERSION --data DATA")
        return
    rows = [
        (
            run.run_id,
            store.version(run.version_path),
            run.outcome,
            run.device,
            number(run.score),
            run.verdict or "",
            ago(run.committed),
        )
        for run in entries
    ]
    with paged():
        print_table(("RUN", "VERSION", "OUTCOME", "DEVICE", "SCORE", "VERDICT", "WHEN"), rows)
