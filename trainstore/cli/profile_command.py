"""``trainstore profile``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import profile
from trainstore.cli.complete import complete_data
from trainstore.cli.options import data_options, json_option, sandbox_option, store_option
from trainstore.cli.output import print_json
from trainstore.cli.table import print_table
from trainstore.documents.data_sets import of_profile
from trainstore.wording.values import short_json

if TYPE_CHECKING:
    from trainstore.records.datasets import Task


@click.command("profile")
@click.argument("data", shell_complete=complete_data)
@data_options
@sandbox_option
@store_option
@json_option
def profile_command(
    data: str, target: str | None, task: "Task | None", allow_weak_sandbox: bool, folder: Path, as_json: bool
) -> None:
    """Describe a data set, as the records of functions do.

    DATA is sklearn:NAME, a file (.npz, .npy, .safetensors, .pt, .csv or .parquet with --target, .jsonl; a folder of images), or the name of a data set
    that the store has pinned.

    \b
    Examples:
      trainstore profile sklearn:digits
      trainstore profile patients.csv --target outcome
    """
    described = profile(data, target=target, task=task, allow_weak_sandbox=allow_weak_sandbox, folder=folder)
    if as_json:
        print_json(of_profile(described))
        return
    fields = {**described, **(described.get("metadata") or {})}
    fields.pop("metadata", None)
    print_table(("FIELD", "VALUE"), [(name, short_json(value)) for name, value in fields.items()])
