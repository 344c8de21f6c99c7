"""``trainstore checkpoint``."""

import shutil
from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_run
from trainstore.cli.group import Group
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.cli.transfer_progress import telling_transfer
from trainstore.documents.runs import of_weights
from trainstore.errors import StoreConflict
from trainstore.wording.values import byte_size

_WEIGHTS = "weights.safetensors"


@click.group("checkpoint", cls=Group)
def checkpoint_command() -> None:
    """Get what a run trained.

    \b
    Examples:
      trainstore checkpoint get 20240101T000000Z-3fa9c1
    """


@checkpoint_command.command("get")
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
    help="Where to [default: RUN.safetensors here].",
)  # fmt: skip
@store_option
@json_option
def get_command(run: str, out: Path | None, folder: Path, as_json: bool) -> None:
    """Write a run's weights to a file.

    The file is safetensors, which holds nothing but tensors; it is compared with its md5 before. What DVC's cache lacks
    comes from the DVC remote.

    \b
    Examples:
      trainstore checkpoint get 20240101T000000Z-3fa9c1
      trainstore checkpoint get 20240101T000000Z-3fa9c1 --out model.safetensors
    """
    store = Store.open(folder)
    record = store.run_record(run)
    weights = store.checkpoint_files(record.run_id, telling_transfer())[_WEIGHTS]
    target = out or Path(f"{record.run_id}.safetensors")
    try:
        with weights.open("rb") as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
    except FileExistsError as error:
        raise StoreConflict(
            f"{str(target)!r} is there already.", "Move it away, or choose another --out."
        ) from error
    size = target.stat().st_size
    if as_json:
        print_json(of_weights(record, str(target), size))
    else:
        click.echo(f"Wrote {target} ({byte_size(size)}).")
