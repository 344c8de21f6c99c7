"""``trainstore du``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.du_report import print_disk_use
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.documents.disk import of_disk_use


@click.command("du")
@click.argument("name", required=False, shell_complete=complete_version)
@store_option
@json_option
def du_command(name: str | None, folder: Path, as_json: bool) -> None:
    """Show what uses the disk: checkpoints by function, or by run of one function, and all else.

    Unique are bytes that only this function's, or this run's, checkpoints need; shared ones would stay without it.

    \b
    Examples:
      trainstore du
      trainstore du BiLSTM
      trainstore du --json
    """
    use = Store.open(folder).du(name)
    if as_json:
        print_json(of_disk_use(use))
    else:
        print_disk_use(use, name is not None)
