"""``trainstore run``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_data, complete_version
from trainstore.cli.options import (
    data_options,
    device_option,
    env_option,
    json_option,
    limit_options,
    sandbox_option,
    set_option,
    split_seed_option,
    store_option,
)
from trainstore.cli.output import print_json, warn
from trainstore.cli.run_report import fail_unless_succeeded, print_run, telling_listener
from trainstore.documents.runs import of_run

if TYPE_CHECKING:
    from trainstore.records.datasets import Task
    from trainstore.workflows.run import RunResult
    from trainstore.workflows.run_options import EnvironmentChoice


@click.command("run")
@click.argument("version", shell_complete=complete_version)
@click.option(
    "--data",
    required=True,
    metavar="DATA",
    shell_complete=complete_data,
    help="sklearn:NAME, a file, or the name of a pinned data set.",
)
@data_options
@set_option
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    default=0,
    show_default=True,
    metavar="N",
    help="Seed of the training.",
)
@split_seed_option
@device_option("auto")
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    default=1,
    show_default=True,
    metavar="N",
    help="Threads of torch: another number, other bits.",
)
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=3600, show_default=True, metavar="SECONDS",
    help="Wall-clock limit.",
)  # fmt: skip
@click.option(
    "--portable", is_flag=True, help="Arithmetic with which x86-64 processors of different makers can agree."
)
@env_option
@limit_options
@sandbox_option
@store_option
@json_option
def run_command(
    version: str,
    data: str,
    target: str | None,
    task: "Task | None",
    device: str,
    chosen: dict[str, Any],
    seed: int,
    split_seed: int,
    threads: int,
    timeout: float,
    portable: bool,
    env: "EnvironmentChoice",
    allow_weak_sandbox: bool,
    folder: Path,
    as_json: bool,
    **limits: Any,
) -> None:
    """Run a version on a data set and keep the result.

    The function trains in a worker process on 60 % of the data and validates on 20 %; trainstore scores the model
    on the other 20 %, which the function never sees. The run, its checkpoint and its metrics become one commit,
    also when it fails.

    \b
    Examples:
      trainstore run MLP --data sklearn:digits
      trainstore run MLP@2 --data patients.csv --target outcome --set epochs=50 --seed 1
    """
    from trainstore.records.run_record import RunLimits
    from trainstore.workflows.run_options import RunOptions

    options = RunOptions(
        data, target, task, device, chosen, seed, split_seed, threads, timeout,
        limits=RunLimits(**limits), allow_weak_sandbox=allow_weak_sandbox, portable=portable, env=env,
    )  # fmt: skip
    result = Store.open(folder).run(version, options, telling_listener())
    _tell(result, as_json)
    fail_unless_succeeded(result.record)


def _tell(result: "RunResult", as_json: bool) -> None:
    run = result.record
    for name in run.left_out:
        warn(f"{name} is in the search space, but the function does not take it; it was left out.")
    for name in run.out_of_range:
        warn(f"{name}={run.chosen[name]!r} lies outside of the declared range.")
    if as_json:
        print_json(of_run(run, result.version, result.commit))
    else:
        print_run(result)
