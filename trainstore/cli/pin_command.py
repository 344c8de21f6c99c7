"""``trainstore pin``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.documents.pins import of_pin
from trainstore.plain_text import plain


@click.command("pin")
@click.argument("version", shell_complete=complete_version)
@click.option("--reason", default="", metavar="TEXT", help="Why it must stay; kept with the pin.")
@store_option
@json_option
def pin_command(version: str, reason: str, folder: Path, as_json: bool) -> None:
    """Protect a version and its checkpoints from being pruned.

    \b
    Examples:
      trainstore pin BiLSTM@3 --reason "in production"
    """
    result = Store.open(folder).pin(version, reason)
    if as_json:
        print_json(of_pin(result))
    elif result.commit:
        click.echo(plain(f"{result.version} is pinned (commit {result.commit[:10]})."))
    else:
        click.echo(plain(f"{result.version} is pinned already; nothing to do."))
