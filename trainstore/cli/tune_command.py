"""``trainstore tune``."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trainstore.api import Store
from trainstore.cli.app import INTERRUPTED
from trainstore.cli.complete import complete_data, complete_version
from trainstore.cli.options import (
    data_options,
    device_option,
    json_option,
    limit_options,
    sandbox_option,
    set_option,
    split_seed_option,
    store_option,
)
from trainstore.cli.output import note, print_json
from trainstore.cli.run_report import print_kept
from trainstore.cli.study_report import print_study
from trainstore.cli.tuning_progress import told_search
from trainstore.disk_format.run_ids import begins_run_id
from trainstore.documents.studies import of_study
from trainstore.errors import RunUnsuccessful
from trainstore.wording.studies import outcomes_told

if TYPE_CHECKING:
    from trainstore.workflows.tuning.keep_best import TuneResult
    from trainstore.workflows.tuning.options import TuneOptions
    from trainstore.workflows.tuning.search import SearchListener

_WHEN_RESUMED = {
    "version", "data", "trials", "workers", "ray", "resumed", "despite_changes", "allow_weak_sandbox", "folder", "as_json"
}  # fmt: skip


def _parse_ranges(
    _: click.Context, __: click.Parameter, values: tuple[str, ...]
) -> dict[str, tuple[float, float]]:
    from trainstore.search.narrow import read_range

    return {name: (low, high) for name, low, high in map(read_range, values)}


@click.command("tune")
@click.argument("version", required=False, shell_complete=complete_version)
@click.option(
    "--data",
    metavar="DATA",
    shell_complete=complete_data,
    help="sklearn:NAME, a file, or the name of a pinned data set.",
)
@data_options
@click.option(
    "--trials", type=click.IntRange(min=1), metavar="N", help="How many points to try, the default first."
)
@set_option
@click.option(
    "--range", "ranges", multiple=True, metavar="NAME=LOW..HIGH", callback=_parse_ranges,
    help="In place of a declared range; may be repeated.",
)  # fmt: skip
@click.option(
    "--objective", metavar="FIGURE",
    help="validation_accuracy and its like, or claimed:NAME for a number that the function reports [default: "
    "validation_accuracy or validation_r2; where the model cannot be asked, what the function claims].",
)  # fmt: skip
@click.option(
    "--direction",
    type=click.Choice(["minimize", "maximize"]),
    help="Which way is better [default: the figure's own].",
)
@click.option(
    "--max-model-kb", type=click.FloatRange(min=0, min_open=True), metavar="N",
    help="A model that takes more kilobytes (1000 bytes) cannot be the best.",
)  # fmt: skip
@click.option(
    "--surrogate", type=click.Choice(["rf", "gp", "et", "random"]), default="rf", show_default=True,
    help="What foretells a point's value: random forest, Gaussian process, extra trees, or chance alone.",
)  # fmt: skip
@click.option(
    "--initial", type=click.IntRange(min=1), default=10, show_default=True, metavar="N",
    help="Trials before the surrogate is asked.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, metavar="N",
    help="Seed of the search, and of each training.",
)  # fmt: skip
@split_seed_option
@device_option("auto")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Trials at a time [default: 1; on a cluster as many as there is room for].",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Do the trials on a Ray cluster: HOST:PORT, or local for one of this machine.",
)
@click.option(
    "--threads", type=click.IntRange(1, 1024), default=1, show_default=True, metavar="N",
    help="Threads of all workers together, each trial gets its part; on a cluster of each trial.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=3600, show_default=True, metavar="SECONDS",
    help="Wall-clock limit of each trial.",
)  # fmt: skip
@limit_options
@click.option(
    "--resume", "resumed", is_flag=False, flag_value="", metavar="[STUDY]",
    help="Go on with a study that was broken off [default: the newest].",
)  # fmt: skip
@click.option(
    "--despite-changes",
    is_flag=True,
    help="Resume also where the installed libraries have other versions than then.",
)
@sandbox_option
@store_option
@json_option
def tune_command(
    version: str | None,
    resumed: str | None,
    despite_changes: bool,
    folder: Path,
    as_json: bool,
    **given: Any,
) -> None:
    """Search a version's hyperparameters and keep the best run.

    Each trial trains with other values from the version's search space and is judged on the validation part; the
    test part is only used for the best one, at the end. The study and its best run become one commit. Ctrl-C keeps
    the best so far; --resume goes on, also after a crash.

    \b
    Examples:
      trainstore tune MLP --data sklearn:digits --trials 40
      trainstore tune MLP@2 --data patients.csv --target outcome --trials 60 --set epochs=5 --range lr=1e-4..1e-2
      trainstore tune MLP --resume
    """
    store = Store.open(folder)
    with told_search() as listener:
        if resumed is None:
            result = _begin(store, version, given, listener)
        else:
            if version is None and resumed and not begins_run_id(resumed):
                version, resumed = resumed, ""  # tune --resume NAME
            result = _resume(store, version, resumed, despite_changes, given, listener)
    _tell(store, result, as_json)


def _begin(
    store: Store, version: str | None, given: dict[str, Any], listener: "SearchListener"
) -> "TuneResult":
    for name, value in (("VERSION", version), ("--data", given["data"]), ("--trials", given["trials"])):
        if value is None:
            raise click.UsageError(f"Missing {name}. (To go on with a study: --resume.)")
    return store.tune(str(version), _options(given), listener)


def _options(given: dict[str, Any]) -> "TuneOptions":
    from dataclasses import fields

    from trainstore.records.run_record import RunLimits
    from trainstore.workflows.tuning.options import TuneOptions

    limits = RunLimits(**{name: given[name] for name in RunLimits.__struct_fields__})
    named = {**given, "timeout_s": given["timeout"], "limits": limits}
    return TuneOptions(**{one.name: named[one.name] for one in fields(TuneOptions)})


def _resume(
    store: Store,
    version: str | None,
    study_id: str,
    despite_changes: bool,
    given: dict[str, Any],
    listener: "SearchListener",
) -> "TuneResult":
    from trainstore.workflows.tuning.options import ResumeOptions

    ctx = click.get_current_context()
    for parameter in ctx.command.params:
        name = str(parameter.name)
        typed = ctx.get_parameter_source(name) == click.core.ParameterSource.COMMANDLINE
        if typed and name not in _WHEN_RESUMED:
            raise click.UsageError(
                f"{parameter.opts[0]} was decided when the study began. Begin another study without --resume."
            )
    how = ResumeOptions(
        trials=given["trials"],
        data=given["data"],
        workers=given["workers"],
        ray=given["ray"],
        despite_changes=despite_changes,
        allow_weak_sandbox=given["allow_weak_sandbox"],
    )
    return store.resume_study(study_id, how, version=version, listener=listener)


def _tell(store: Store, result: "TuneResult", as_json: bool) -> None:
    study = store.study(result.study.header.study_id)
    run, ended, trials = result.run, result.study.ended, len(result.study.trials)
    if as_json:
        print_json(of_study(study, run.version))
    else:
        print_study(study, str(run.version))
        print_kept(run)
    if result.study.best is None:
        raise RunUnsuccessful(
            f"No trial can be the best: {outcomes_told(result.study.trials)}.",
            f"See why: trainstore studies {study.header.study_id}",
        )
    if ended.reason == "interrupted" and not result.already:
        note(
            f"Stopped after {trials} of {study.header.trials} trials; the best so far is kept. "
            f"Go on: trainstore tune --resume {study.header.study_id}"
        )
        click.get_current_context().exit(INTERRUPTED)
