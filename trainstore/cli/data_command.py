"""``trainstore data``."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_data_set
from trainstore.cli.group import Group
from trainstore.cli.options import data_options, json_option, sandbox_option, store_option
from trainstore.cli.output import note, paged, print_json
from trainstore.cli.table import print_table
from trainstore.documents.data_sets import of_added, of_data_sets, of_removed
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size

if TYPE_CHECKING:
    from trainstore.records.datasets import Task


@click.group("data", cls=Group)
def data_command() -> None:
    """Keep data sets under names, versioned by DVC.

    What has a name is read from DVC's cache, so that a rerun gets the very bytes of then, wherever the file is now.

    \b
    Examples:
      trainstore data add patients patients.csv --target outcome
      trainstore data list
    """


@data_command.command("add")
@click.argument("name", shell_complete=complete_data_set)
@click.argument("file", type=click.Path(path_type=Path))
@data_options
@sandbox_option
@store_option
@json_option
def add_command(
    name: str,
    file: Path,
    target: str | None,
    task: "Task | None",
    allow_weak_sandbox: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Keep a data file under a name, with the column to predict and the task.

    \b
    Examples:
      trainstore data add patients patients.csv --target outcome
      trainstore data add digits images.npz
    """
    added = Store.open(folder).add_data(
        name, file, target=target, task=task, allow_weak_sandbox=allow_weak_sandbox
    )
    if as_json:
        print_json(of_added(added))
    elif added.commit:
        click.echo(f"Data {name} is pinned (commit {added.commit[:10]}). Use it with: --data {name}")
    else:
        click.echo(f"Data {name} is this very file already; nothing to do.")


@data_command.command("list")
@store_option
@json_option
def list_command(folder: Path, as_json: bool) -> None:
    """List the data sets that have a name.

    \b
    Examples:
      trainstore data list --json
    """
    found = Store.open(folder).data_sets()
    if as_json:
        print_json(of_data_sets(found))
        return
    if not found:
        note("No data set has a name yet. Give one with: trainstore data add NAME FILE")
        return
    rows = [
        (pinned.name, pinned.file, byte_size(pinned.size), pinned.target, pinned.task, pinned.md5)
        for pinned in found
    ]
    with paged():
        print_table(("NAME", "FILE", "SIZE", "TARGET", "TASK", "MD5"), rows)


@data_command.command("remove")
@click.argument("name", shell_complete=complete_data_set)
@store_option
@json_option
def remove_command(name: str, folder: Path, as_json: bool) -> None:
    """Take a data set's name away; history and DVC's cache keep the data.

    \b
    Examples:
      trainstore data remove patients
    """
    commit = Store.open(folder).remove_data(name)
    if as_json:
        print_json(of_removed(commit, name))
    else:
        click.echo(
            plain(f"The name {name} is gone (commit {commit[:10]}); bring it back with: trainstore undo")
        )
