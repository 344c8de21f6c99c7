"""``trainstore generate``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.documents import of_saves
from trainstore.cli.options import data_options, json_option, store_option
from trainstore.cli.output import note, print_json

if TYPE_CHECKING:
    from trainstore.records.datasets import Task


@click.command("generate")
@click.option(
    "--data", required=True, metavar="DATA", help="sklearn:NAME, or a .npz, .npy, .csv or .jsonl file."
)
@data_options
@store_option
@json_option
def generate_command(data: str, target: str | None, task: "Task | None", folder: Path, as_json: bool) -> None:
    """Save the training functions that fit a data set.

    They come from the starters that are built in: complete functions for tables, images, and sequences of equal or
    unequal length.

    \b
    Examples:
      trainstore generate --data sklearn:digits
      trainstore generate --data patients.csv --target outcome
    """
    result = Store.open(folder).generate(data, target=target, task=task)
    if as_json:
        print_json(of_saves(result.saves))
        return
    note(f"No model service is set up; these built-in starters fit {data}:")
    for version in result.saves.saved:
        click.echo(f"Saved {version} (commit {version.commit[:10]}).")
    for version in result.saves.unchanged:
        click.echo(f"Unchanged: {version} is this starter already.")
