"""``trainstore diff``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version_or_run
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import paged, print_json


@click.command("diff")
@click.argument("old", metavar="OLD", shell_complete=complete_version_or_run)
@click.argument("new", metavar="[NEW]", required=False, shell_complete=complete_version_or_run)
@click.option("--why", is_flag=True, help="On one screen: what differs, and what probably made one better.")
@store_option
@json_option
def diff_command(old: str, new: str | None, why: bool, folder: Path, as_json: bool) -> None:
    """Compare two versions or two runs: architecture, code, search space, data, environment and metrics.

    A version alone is compared with the one before it. Of two versions the runs are compared that are most alike:
    those on the same data and split, then with the same chosen hyperparameters, on the same device, with the same
    seed; of those, the newest.

    \b
    Examples:
      trainstore diff BiLSTM
      trainstore diff BiLSTM@1 TransformerEncoder@4 --why
      trainstore diff 20240101T000000Z-3fa9c1 20240101T000102Z-77c0de
    """
    diff = Store.open(folder).diff(old, new)
    if as_json:
        from trainstore.documents.comparison import of_comparison

        print_json(of_comparison(diff))
        return
    if why:
        from trainstore.cli.why_report import print_why as print_comparison
    else:
        from trainstore.cli.diff_report import print_diff as print_comparison
    with paged():
        print_comparison(diff)
