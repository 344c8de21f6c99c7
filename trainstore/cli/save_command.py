"""``trainstore save``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, store_option
from trainstore.cli.save_report import report_saves
from trainstore.errors import UsageError


@click.command("save")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--name", metavar="NAME", help="For .py files: the function that the code is of.")
@click.option(
    "--all", "take_up", is_flag=True, help="Save what was dropped into the store's folder or edited there."
)
@store_option
@json_option
def save_command(
    files: tuple[Path, ...], name: str | None, take_up: bool, folder: Path, as_json: bool
) -> None:
    """Save training functions from files.

    A .json file is a whole record. A .py file is code: with --name of a function that is there it keeps that
    function's search space and data profile. "-" is standard input: a record, or code where --name is given. Each
    save is one commit; saving what is current already makes none.

    \b
    Examples:
      trainstore save training_function_numpy_array_BiLSTM_1704067200.json
      trainstore save better.py --name BiLSTM
      my-generator | trainstore save -
      trainstore save --all
    """
    if bool(files) == take_up:
        raise UsageError("Give files to save, or --all.", "trainstore save --help shows examples.")
    store = Store.open(folder)
    outcome = store.save_all() if take_up else store.save_files(files, name)
    report_saves("Saved", outcome, as_json)
