"""``trainstore report``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_version
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.documents.versions import of_report
from trainstore.errors import StoreConflict, UsageError
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size


@click.command("report")
@click.argument("version", shell_complete=complete_version)
@click.option(
    "--out",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="Where to write it.",
)
@store_option
@json_option
def report_command(version: str, file: Path, folder: Path, as_json: bool) -> None:
    """Write a version with its runs as one HTML file, to be sent or kept.

    \b
    Examples:
      trainstore report BiLSTM --out bilstm.html
      trainstore report BiLSTM@3 --out bilstm-3.html
    """  # fmt: skip
    from trainstore.web.report import make_report

    store = Store.open(folder)
    found = store.version(version)
    report = make_report(store, found)
    try:
        with file.open("xb") as target:
            target.write(report)
    except FileExistsError as error:
        raise StoreConflict(
            f"{str(file)!r} is there already.", "Move it away, or choose another --out."
        ) from error
    except OSError as error:
        raise UsageError(f"{str(file)!r} cannot be written: {error.strerror}.") from error
    if as_json:
        print_json(of_report(found, str(file), len(report)))
        return
    click.echo(plain(f"Wrote {found} to {file} ({byte_size(len(report))})."))
