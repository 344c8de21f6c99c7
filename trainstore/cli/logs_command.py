"""``trainstore logs``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_run
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import note, print_json
from trainstore.documents.runs import of_logs
from trainstore.plain_text import plain


@click.command("logs")
@click.argument("run", shell_complete=complete_run)
@store_option
@json_option
def logs_command(run: str, folder: Path, as_json: bool) -> None:
    """Show what a run printed at its end, and what it raised.

    \b
    Examples:
      trainstore logs 20240101T000000Z-3fa9c1
    """
    record = Store.open(folder).run_record(run)
    if as_json:
        print_json(of_logs(record))
        return
    click.echo(plain(record.output), nl=not record.output.endswith("\n"))
    if record.error:
        note(record.error["traceback"] or f"{record.error['type']}: {record.error['message']}")
