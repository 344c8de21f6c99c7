"""``trainstore init``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.options import FOLDER, json_option
from trainstore.cli.output import note, print_json
from trainstore.documents.store import of_init


@click.command("init")
@click.argument("folder", type=FOLDER, default=Path())
@json_option
def init_command(folder: Path, as_json: bool) -> None:
    """Make a folder a store, or set up a clone of one.

    A store is a git repository with two folders: generated_training_functions/ for the functions and .dvc/ for
    their checkpoints. Doing it again changes nothing.

    \b
    Examples:
      trainstore init
      trainstore init my-functions
    """
    result = Store.init(folder)
    if as_json:
        print_json(of_init(result))
        return
    if result.commit:
        click.echo(f"Made a store in {result.root} (commit {result.commit[:10]}).")
    else:
        click.echo(f"{result.root} is a store already; its git and DVC settings are in place.")
    if result.identity:
        note(
            f"Git knows no name for you, so commits will be by {result.identity}; git config user.name changes that."
        )
