"""``trainstore unpin``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.documents.pins import of_unpin
from trainstore.plain_text import plain


@click.command("unpin")
@click.argument("version", shell_complete=complete_version)
@store_option
@json_option
def unpin_command(version: str, folder: Path, as_json: bool) -> None:
    """Take a version's pin away.

    \b
    Examples:
      trainstore unpin BiLSTM@3
    """
    result = Store.open(folder).unpin(version)
    if as_json:
        print_json(of_unpin(result))
    elif result.commit:
        click.echo(plain(f"{result.version} is not pinned any more (commit {result.commit[:10]})."))
    else:
        click.echo(plain(f"{result.version} was not pinned; nothing to do."))
