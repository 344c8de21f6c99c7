"""``trainstore import``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.options import FOLDER, json_option, store_option
from trainstore.cli.save_report import report_saves


@click.command("import")
@click.argument("source", type=FOLDER, metavar="FOLDER")
@store_option
@json_option
def import_command(source: Path, folder: Path, as_json: bool) -> None:
    """Import a folder of JSON files.

    Every .json file below FOLDER becomes a version with its own time, byte for byte. A bad file is reported and
    the rest goes in; importing again adds nothing. The files themselves stay where they are.

    \b
    Examples:
      trainstore import ~/old/generated_training_functions
    """
    outcome = Store.open(folder).import_folder(source)
    report_saves("Imported", outcome, as_json)
