"""``trainstore verify``."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.cli.problems_report import count_errors, print_problems
from trainstore.documents.verification import of_verify
from trainstore.errors import IntegrityProblem, UsageError
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size, counted

if TYPE_CHECKING:
    from trainstore.workflows.verification.remote import RemoteCheck
    from trainstore.workflows.verification.verify import Progress, VerifyResult

_SECONDS_BETWEEN_COUNTS = 0.2
_CLEAR_LINE = "\x1b[K"


@click.command("verify")
@click.option(
    "--content",
    is_flag=True,
    help="Read every byte of every checkpoint and data set, and parse every code, too.",
)
@click.option(
    "--remote", is_flag=True, help="Ask the DVC remote, too, whether it has all that the tree needs."
)
@click.option(
    "--repair", is_flag=True, help="With --remote, send what is broken there and fetch what is damaged here."
)
@click.option(
    "--dvc-remote", metavar="NAME", help="DVC's remote [default: dvc remote default, or the only one]."
)
@store_option
@json_option
def verify_command(
    content: bool, remote: bool, repair: bool, dvc_remote: str | None, folder: Path, as_json: bool
) -> None:
    """Check that all that was saved is still there, and still what it was.

    Git's objects are read and hashed, every record and run is compared with the commit that saved it, and every
    checkpoint and data set is looked up in DVC's cache. Nothing is changed without --repair; each problem says what recovers it. Exits with 23
    where something is damaged, missing or not what it was; what was only edited by hand is a warning.

    \b
    Examples:
      trainstore verify
      trainstore verify --content --json
      trainstore verify --remote
      trainstore verify --remote --repair
    """
    if (repair or dvc_remote is not None) and not remote:
        raise UsageError("--repair and --dvc-remote are about the DVC remote.", "Add --remote.")
    from trainstore.workflows.verification.remote import RemoteOptions

    result = Store.open(folder).verify(
        content=content,
        progress=_telling_progress(),
        remote=RemoteOptions(dvc_remote, repair) if remote else None,
    )
    if as_json:
        print_json(of_verify(result))
    else:
        _print(result, content)
    if not result.ok:
        errors = count_errors(result.problems)
        raise IntegrityProblem(
            f"{errors} problem{'s' if errors > 1 else ''} found.", "Each one says what recovers it."
        )


def _print(result: "VerifyResult", content: bool) -> None:
    checked = result.checked
    print_problems(result.problems)
    read = f", {byte_size(checked.bytes_hashed)} of them read" if content else ""
    *counts, data_sets = (
        counted(checked.objects, "git object"),
        counted(checked.versions, "version"),
        counted(checked.runs, "run"),
        counted(checked.checkpoints, "checkpoint"),
        counted(checked.data_sets, "data set"),
    )
    verdict = "see above" if result.problems else "all is well"
    click.echo(f"Checked {', '.join(counts)} and {data_sets}{read}: {verdict}.")
    if result.remote:
        click.echo(plain(_told_remote(result.remote)))


def _told_remote(remote: "RemoteCheck") -> str:
    lost = counted(len(remote.problems), "problem") if remote.problems else "all is well"
    repaired = f"; {counted(remote.repaired, 'object')} repaired" if remote.repaired else ""
    return f"Asked the DVC remote {remote.name!r} for {counted(remote.objects, 'object')}: {lost}{repaired}."


def _telling_progress() -> "Progress":
    """Tell each step on stderr and, on a terminal, how many of how many are done."""
    from trainstore.workflows.verification.verify import Progress

    told = time.monotonic()
    on_terminal = sys.stderr.isatty()

    def tell_step(step: str) -> None:
        click.secho(f"{_CLEAR_LINE if on_terminal else ''}· checking {step}", dim=True, err=True)

    def tell_count(done: int, total: int) -> None:
        nonlocal told
        if on_terminal and time.monotonic() - told > _SECONDS_BETWEEN_COUNTS:
            told = time.monotonic()
            click.echo(f"  {done} of {total}\r", nl=False, err=True)

    return Progress(tell_step, tell_count)
