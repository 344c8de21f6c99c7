"""``trainstore predict``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_run
from trainstore.cli.options import json_option, sandbox_option, store_option
from trainstore.cli.output import paged, print_json
from trainstore.cli.table import print_table
from trainstore.cli.transfer_progress import telling_transfer
from trainstore.wording.values import number

if TYPE_CHECKING:
    from trainstore.workflows.predict import Prediction


@click.command("predict")
@click.argument("run", shell_complete=complete_run)
@click.option(
    "--data", "file", required=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Inputs like those of the run, in any format that run takes; no target is needed.",
)  # fmt: skip
@click.option(
    "--device", default="cpu", show_default=True, metavar="DEVICE", help="auto, cpu, cuda, cuda:N or mps."
)
@sandbox_option
@store_option
@json_option
def predict_command(
    run: str, file: Path, device: str, allow_weak_sandbox: bool, folder: Path, as_json: bool
) -> None:
    """Ask a run's model about new data.

    It answers from its checkpoint alone, in a worker process: the code of its class never runs here.

    \b
    Examples:
      trainstore predict 20240101T000000Z-3fa9c1 --data new.csv
      trainstore predict 20240101T000000Z-3fa9c1 --data new.npz --json
    """
    found = Store.open(folder).predict(
        run, file, device=device, allow_weak_sandbox=allow_weak_sandbox, transfer=telling_transfer()
    )
    if as_json:
        print_json(_document(found))
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


def _document(found: "Prediction") -> dict[str, Any]:
    return {
        "run_id": found.run.run_id,
        "rows": len(found.predicted),
        "predicted": found.predicted,
        "classes": found.run.data["classes"],
        "probabilities": None if found.probabilities is None else found.probabilities.tolist(),
    }
