"""``trainstore doctor``."""

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from trainstore import __version__
from trainstore.api import doctor
from trainstore.cli.attack_report import run_attacks
from trainstore.cli.options import json_option, store_option
from trainstore.cli.output import print_json
from trainstore.cli.problems_report import count_errors, print_problems
from trainstore.documents.diagnosis import of_diagnosis
from trainstore.errors import TrainstoreError, UsageError
from trainstore.execution.sandbox.levels import LEVELS
from trainstore.plain_text import plain
from trainstore.wording.values import byte_size

if TYPE_CHECKING:
    from trainstore.execution.sandbox.levels import Level
    from trainstore.workflows.diagnosis.diagnose import Diagnosis


@click.command("doctor")
@click.option(
    "--attack", is_flag=True, help="Attack the sandbox instead, to see that it holds. Takes a minute or two."
)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="With --attack: the sandbox to attack [default: the best one here].",
)
@store_option
@json_option
def doctor_command(folder: Path, as_json: bool, attack: bool, level: str | None) -> None:
    """Check that this machine and this store work.

    A worker process is started as a run would have it, and tells which devices are here and what keeps a run in
    bounds. In a store, its set-up, locks, DVC's cache and disks are looked at too. Nothing is changed. Exits with 1
    where something will not work; a warning is no failure.

    With --attack, training functions that read, write, send and take what is not theirs are run on baits that are
    made for them. Exits with 1 where one gets what docs/security.md does not name as open.

    \b
    Examples:
      trainstore doctor
      trainstore doctor --store ~/functions --json
      trainstore doctor --attack --level strong
    """
    if level is not None and not attack:
        raise UsageError("--level is for --attack.", "trainstore doctor --attack --level strong")
    if attack:
        run_attacks(cast("Level | None", level), as_json)
        return
    diagnosis = doctor(folder)
    if as_json:
        print_json(of_diagnosis(diagnosis))
    else:
        _print(diagnosis)
    errors = count_errors(diagnosis.problems)
    if errors:
        raise TrainstoreError(
            f"{errors} thing{'s' if errors > 1 else ''} will not work here.", "Each one says what helps."
        )


def _print(diagnosis: "Diagnosis") -> None:
    packages = ", ".join(f"{name} {version}" for name, version in diagnosis.packages.items() if version)
    sandbox = diagnosis.sandbox
    click.echo(f"trainstore  {__version__}, Python {diagnosis.python}, git {diagnosis.git or 'none'}")
    click.echo(plain(f"libraries   {packages}"))
    if sandbox is None:
        click.echo("sandbox     none: no run can start")
    else:
        click.echo(f"sandbox     {sandbox['level']}: {', '.join(sandbox['layers'])}")
        for name, why in sandbox["missing"].items():
            click.echo(plain(f"            without {name}: {why}"))
    for device in diagnosis.devices:
        memory = f", {byte_size(device['memory_bytes'])}" if device["memory_bytes"] else ""
        click.echo(plain(f"device      {device['name']}: {device['hardware']}{memory}"))
    click.echo(plain(f"store       {diagnosis.store or 'none here; only the machine was looked at'}"))
    print_problems(diagnosis.problems)
    if not diagnosis.problems:
        click.echo("All is well.")
