"""``trainstore rerun``."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trainstore.api import Store
from trainstore.cli.complete import complete_data, complete_run
from trainstore.cli.moments import MOMENT
from trainstore.cli.options import device_option, env_option, json_option, sandbox_option, store_option
from trainstore.cli.output import note, print_json
from trainstore.cli.run_report import (
    fail_unless_succeeded,
    print_run,
    print_verdict,
    telling_listener,
)
from trainstore.cli.table import print_table
from trainstore.documents.runs import of_repeated, of_rerun
from trainstore.errors import PartlyDone, ResultDiffers
from trainstore.wording.runs import changes_told, difference_told
from trainstore.wording.values import counted

if TYPE_CHECKING:
    from trainstore.workflows.rerun_many import Repeated
    from trainstore.workflows.run import RunResult
    from trainstore.workflows.run_options import EnvironmentChoice


@click.command("rerun")
@click.argument("run", required=False, shell_complete=complete_run)
@click.option(
    "--all", "every", is_flag=True, help="Repeat every run that succeeded; RUN then names a function."
)
@click.option("--since", type=MOMENT, help="Repeat those from then on: 7d, or a date such as 2026-01-31.")
@device_option(None, "Where to run [default: the device that the original used].")
@click.option(
    "--data",
    metavar="DATA",
    shell_complete=complete_data,
    help="Where the same data is now, if it has moved.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Threads of torch [default: as many as the original used].",
)
@env_option
@sandbox_option
@store_option
@json_option
def rerun_command(
    run: str | None,
    every: bool,
    since: float | None,
    device: str | None,
    data: str | None,
    threads: int | None,
    env: "EnvironmentChoice",
    allow_weak_sandbox: bool,
    folder: Path,
    as_json: bool,
) -> None:
    """Repeat a run and prove that the result is the same.

    RUN is a run id, or enough of its beginning. The verdict is identical (weights and metrics to the bit),
    equivalent (within the tolerance shown), different, or not comparable; the last two exit with 22.

    \b
    Examples:
      trainstore rerun 20240101T000000Z-3fa9c1 --device cpu --json
      trainstore rerun --all --since 7d
      trainstore rerun BiLSTM --all
    """
    from trainstore.workflows.run_options import RerunOptions

    store = Store.open(folder)
    how = RerunOptions(device, data, threads, env, allow_weak_sandbox)
    if every or since is not None:
        if data is not None:
            raise click.UsageError("--data is of one run; name that run.")
        _tell_many(store.rerun_many(run, how, since=since, listener=telling_listener()), as_json)
    elif run is None:
        raise click.UsageError("Name a run, or give --all or --since.")
    else:
        _tell(store.rerun(run, how, telling_listener()), as_json)


def _tell(result: "RunResult", as_json: bool) -> None:
    """Tell how one run was repeated, and fail where it does not hold."""
    if as_json:
        print_json(of_rerun(result))
    else:
        print_run(result)
        print_verdict(result.record)
    fail_unless_succeeded(result.record)
    if result.record.verdict not in ("identical", "equivalent"):
        raise ResultDiffers(
            f"The verdict is: {result.record.verdict}.", "What is printed above says what was not the same."
        )


def _tell_many(repeated: "Iterable[Repeated]", as_json: bool) -> None:
    """Tell how each run was repeated, and fail where one does not hold or could not be repeated."""
    ended = []
    for one in repeated:  # many take hours: whoever stops them knows of those that ended
        ended.append(one)
        note(f"  verdict     {_verdict(one)}")
    if as_json:
        print_json(of_repeated(ended))
    elif ended:
        print_table(("RUN", "VERSION", "VERDICT", "WHY"), [_row(one) for one in ended], spare=("VERSION",))
    else:
        note("There is no such run that succeeded.")
    broken = [one for one in ended if one.result and not one.holds]
    failed = [one for one in ended if one.error]
    if broken:
        raise ResultDiffers(
            f"{counted(len(broken), 'run')} of {len(ended)} gave another result.",
            "Rerun one by its id to see all that differs.",
        )
    if failed:
        raise PartlyDone(
            f"{counted(len(failed), 'run')} of {len(ended)} could not be repeated.",
            "The table says why; rerun each by its id once that is mended.",
        )


def _verdict(one: "Repeated") -> str:
    return (one.result.record.verdict or one.result.record.outcome) if one.result else "not repeated"


def _row(one: "Repeated") -> tuple[str, ...]:
    if one.result is None:
        return one.original.run_id, "", _verdict(one), one.error.message if one.error else ""
    run = one.result.record
    differences = [difference_told(found) for found in run.differences[:1]]
    why = [run.reason or "", *(run.causes or [changes_told(run)]), *(() if one.holds else differences)]
    return (
        one.original.run_id,
        str(one.result.version),
        _verdict(one),
        "; ".join(filter(None, why)),
    )
