"""``trainstore save``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.documents import of_saves
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json, warn
from trainstore.errors import PartlyDone


@click.command("save")
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--name", metavar="NAME", help="For .py files: the function that the code is of.")
@store_option
@json_option
def save_command(files: tuple[Path, ...], name: str | None, folder: Path, as_json: bool) -> None:
    """Save training functions from files.

    A .json file is a whole record. A .py file is code: with --name of a function that is there it keeps that
    function's search space and data profile. Each save is one commit; saving what is current already makes none.

    \b
    Examples:
      trainstore save training_function_numpy_array_BiLSTM_1704067200.json
      trainstore save better.py --name BiLSTM
    """
    outcome = Store.open(folder).save_files(files, name)
    done = [*outcome.result.saved, *outcome.result.unchanged]
    if len(outcome.rejected) == 1 and not done and not as_json:
        error = outcome.rejected[0].error
        error.message = f"{outcome.rejected[0].file}: {error.message}"
        raise error
    if as_json:
        print_json(of_saves(outcome.result, outcome.rejected))
    for version in () if as_json else outcome.result.saved:
        click.echo(f"Saved {version} (commit {version.commit[:10]}).")
    for version in () if as_json else outcome.result.unchanged:
        click.echo(f"Unchanged: {version} has this code and search space already.")
    for one in outcome.rejected:
        warn(f"{one.file}: {one.error.message} {one.error.hint}")
    if outcome.rejected:
        raise PartlyDone(
            f"{len(outcome.rejected)} of {len(files)} files were rejected; the others are saved."
        )
