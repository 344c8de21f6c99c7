"""``trainstore profile``."""

from typing import TYPE_CHECKING

import click

from trainstore.api import profile
from trainstore.cli.options import data_options, json_option
from trainstore.cli.output import print_json, print_table, short_json

if TYPE_CHECKING:
    from trainstore.records.datasets import Task


@click.command("profile")
@click.argument("data")
@data_options
@json_option
def profile_command(data: str, target: str | None, task: "Task | None", as_json: bool) -> None:
    """Describe a data set, as the records of functions do.

    DATA is sklearn:NAME or a file: .npz, .npy, .csv with --target, .jsonl.

    \b
    Examples:
      trainstore profile sklearn:digits
      trainstore profile patients.csv --target outcome
    """
    described = profile(data, target=target, task=task)
    if as_json:
        print_json({"data_profile": described})
        return
    fields = {**described, **(described.get("metadata") or {})}
    fields.pop("metadata", None)
    print_table(("FIELD", "VALUE"), [(name, short_json(value)) for name, value in fields.items()])
