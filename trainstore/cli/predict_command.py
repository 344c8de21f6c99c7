"""``trainstore predict``."""

from pathlib import Path

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_data, complete_run
from trainstore.cli.options import device_option, json_option, sandbox_option, store_option
from trainstore.cli.output import paged, print_json
from trainstore.cli.table import print_table
from trainstore.cli.transfer_progress import telling_transfer
from trainstore.documents.runs import of_prediction
from trainstore.wording.values import number


@click.command("predict")
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--data", required=True, metavar="DATA", shell_complete=complete_data,
    help="Inputs like those of the run: whatever run takes, and a target is not needed.",
)  # fmt: skip
@device_option("cpu")
@sandbox_option
@store_option
@json_option
def predict_command(
    run: str, data: str, device: str, allow_weak_sandbox: bool, folder: Path, as_json: bool
) -> None:
    """Ask a run's model about new data.

    It answers from its checkpoint alone, in a worker process: the code of its class never runs here.

    \b
    Examples:
      trainstore predict 20240101T000000Z-3fa9c1 --data new.csv
      trainstore predict 20240101T000000Z-3fa9c1 --data patients --json
    """
    found = Store.open(folder).predict(
        run, data, device=device, allow_weak_sandbox=allow_weak_sandbox, transfer=telling_transfer()
    )
    if as_json:
        print_json(of_prediction(found))
        return
    with paged():
        if found.probabilities is None:
            rows = [(place, number(value, 6)) for place, value in enumerate(found.predicted)]
            print_table(("ROW", "VALUE"), rows)
        else:
            sure = found.probabilities.max(axis=1).tolist()
            answers = zip(found.predicted, sure, strict=True)
            print_table(
                ("ROW", "CLASS", "PROBABILITY"),
                [(place, label, number(share)) for place, (label, share) in enumerate(answers)],
            )
