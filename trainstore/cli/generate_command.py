"""``trainstore generate``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_data, complete_version
from trainstore.cli.generate_report import report_generated, report_prompt
from trainstore.cli.options import data_options, device_option, json_option, sandbox_option, store_option
from trainstore.cli.run_report import telling_listener

if TYPE_CHECKING:
    from trainstore.records.datasets import Task


@click.command("generate")
@click.option(
    "--data",
    metavar="DATA",
    shell_complete=complete_data,
    help="sklearn:NAME, a file, or the name of a pinned data set.",
)
@data_options
@click.option("--model", metavar="MODEL", help="The language model [default: $OPENAI_MODEL, or gpt-5].")
@click.option("--hint", default="", metavar="TEXT", help="Words of your own for the model.")
@click.option("--fresh", is_flag=True, help="Ask also where a version for the same request is there.")
@click.option(
    "--from",
    "parent",
    metavar="VERSION",
    shell_complete=complete_version,
    help="Improve this version instead.",
)
@click.option(
    "--rounds", type=int, default=1, show_default=True, metavar="N", help="Improve while it gets better."
)
@click.option(
    "--repairs", type=int, default=3, show_default=True, metavar="N", help="How often what fails goes back."
)
@device_option("auto")
@click.option("--max-model-kb", type=int, metavar="N", help="The most that the weights may take, in kB.")
@click.option(
    "--ask-timeout",
    "ask_timeout_s",
    type=float,
    default=600,
    show_default=True,
    metavar="SECONDS",
    help="Limit of one question.",
)
@click.option(
    "--trial-timeout",
    "trial_timeout_s",
    type=float,
    default=120,
    show_default=True,
    metavar="SECONDS",
    help="Limit of one trial run.",
)
@click.option("--dry-run", is_flag=True, help="Print the prompt and about how long it is; ask nothing.")
@sandbox_option
@store_option
@json_option
def generate_command(
    data: str | None,
    target: str | None,
    task: "Task | None",
    dry_run: bool,
    folder: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Save the training functions that fit a data set.

    A language model writes one: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own that speaks the same
    protocol. The function is checked, tried in the sandbox and sent back for repair before it is saved. Without a
    service the built-in starters that fit are saved.

    \b
    Examples:
      trainstore generate --data sklearn:digits
      trainstore generate --data patients.csv --target outcome --hint "small, and robust to outliers"
      trainstore generate --from BiLSTM@2 --rounds 3
    """
    from trainstore.workflows.generating.options import GenerateOptions

    store, chosen = Store.open(folder), GenerateOptions(**options)
    if dry_run:
        report_prompt(store.plan_prompt(data, chosen, target=target, task=task), as_json)
        return
    result = store.generate(data, chosen, target=target, task=task, listener=telling_listener())
    report_generated(result, data, as_json)
