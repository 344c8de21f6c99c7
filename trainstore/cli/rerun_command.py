"""``trainstore rerun``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_run
from trainstore.cli.documents import of_rerun
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.cli.run_report import fail_unless_succeeded, print_run, print_verdict, telling_listener
from trainstore.errors import ResultDiffers


@click.command("rerun")
@click.argument("run", shell_complete=complete_run)
@click.option("--device", metavar="DEVICE", help="Where to run [default: the device that the original used].")
@click.option("--data", metavar="DATA", help="Where the same data is now, if it has moved.")
@store_option
@json_option
def rerun_command(run: str, device: str | None, data: str | None, folder: Path, as_json: bool) -> None:
    """Repeat a run and prove that the result is the same.

    RUN is a run id, or enough of its beginning. The verdict is identical (weights and metrics to the bit),
    equivalent (within the tolerance shown), different, or not comparable; the last two exit with 22.

    \b
    Examples:
      trainstore rerun 20240101T000000Z-3fa9c1
      trainstore rerun 20240101T000000Z-3fa9c1 --device cpu --json
    """
    result = Store.open(folder).rerun(run, device=device, data=data, listener=telling_listener())
    if as_json:
        print_json(of_rerun(result))
    else:
        print_run(result)
        print_verdict(result.record)
    fail_unless_succeeded(result.record)
    if result.record.verdict not in ("identical", "equivalent"):
        raise ResultDiffers(
            f"The verdict is: {result.record.verdict}.", "The causes above say what was not the same."
        )
