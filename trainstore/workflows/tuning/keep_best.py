"""The end of a study: its best trial becomes a run, committed with all that the study found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import msgspec

from trainstore.disk_format.run_ids import new_run_id
from trainstore.records.run_record import RunRecord
from trainstore.records.search_space import Dimension
from trainstore.records.study import (
    Ending,
    EndReason,
    StudyHeader,
    StudyRecord,
    Trial,
    best_of,
    encode_study,
    figure_of,
)
from trainstore.records.training_code import Call, plan_call
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.version import __version__
from trainstore.workflows.prepared_run import Beginning, PreparedRun, Trained
from trainstore.workflows.read_run import read_run
from trainstore.workflows.run import Listener, RunResult, keep_result
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.tuning.begin import StudyInputs
from trainstore.workflows.tuning.kept_trial import open_trial, remove_all, to_keep
from trainstore.workflows.tuning.plots import plots_of, what_mattered
from trainstore.workflows.tuning.study_file import StudyFile


@dataclass(frozen=True)
class TuneResult:
    """A study whose search has ended, and the run that was kept of it; ``already`` where that was done before."""

    study: StudyRecord
    run: RunResult
    already: bool = False


def keep_best(
    repository: Repository,
    study: StudyFile,
    inputs: StudyInputs,
    options: RunOptions,
    reason: EndReason,
    listener: Listener,
) -> TuneResult:
    """Score the best trial on the test part, too, and commit it; where none can be the best, the first trial.

    A kill between the commit and what follows does not lead to a second one: the run's id is written down before.

    Writes: as a run does, with study.json beside run.json; and the study's last line.

    Raises:
        CheckpointMissing: the files of the best trial were removed.
    """
    lines = study.lines
    ending = lines.ending
    if ending is None or ending.trials != len(lines.trials):
        ending = _new_ending(lines.trials, reason)
        study.add(ending)
    record = study_record(lines.header, lines.trials, ending)
    run = find_run(repository, ending.run_id)
    if run is None:
        kept = to_keep(lines.trials)
        prepared = _prepared(inputs, options, lines.header, kept)
        begun = Beginning(ending.run_id, _time(kept.started_at))
        with open_trial(study.folder, kept.number) as result:
            run = keep_result(
                repository,
                Trained(prepared, begun, result),
                listener,
                lambda one: _of_study(one, lines.header),
                {"study.json": encode_study(record), **plots_of(record)},
            )
    if ending.reason != "interrupted":
        remove_all(study.folder)
    return TuneResult(record, run)


def _new_ending(trials: Sequence[Trial], reason: EndReason) -> Ending:
    kept = to_keep(trials)
    run_id = new_run_id(_time(kept.started_at))
    return Ending(reason=reason, run_id=run_id, trial=kept.number, trials=len(trials))


def find_run(repository: Repository, run_id: str) -> RunResult | None:
    """Return the run that a study was kept as; None where that is still to be done."""
    with open_index(repository) as index:
        runs = index.runs_with_prefix(run_id)
        version = index.version_at(runs[0].version_path) if runs else None
    return RunResult(read_run(repository, runs[0]), version, runs[0].commit) if version else None


def study_record(header: StudyHeader, trials: Sequence[Trial], ending: Ending) -> StudyRecord:
    """Return study.json's content."""
    best = best_of(trials)
    return StudyRecord(
        header=header,
        ended=ending,
        figure=figure_of(trials),
        best=best.number if best else None,
        trials=list(trials),
        importances=what_mattered(header, trials),
        trainstore=__version__,
    )


def _prepared(inputs: StudyInputs, options: RunOptions, header: StudyHeader, trial: Trial) -> PreparedRun:
    """Return the run with a trial's hyperparameters, as `run --set` would make it."""
    chosen = _chosen(inputs.record.space, header.chosen, trial.hyperparameters)
    planned = plan_call(inputs.record.signature, inputs.record.space, chosen)
    return PreparedRun(
        inputs.version,
        inputs.record,
        Call(trial.hyperparameters, planned.left_out, planned.out_of_range),
        inputs.dataset,
        inputs.split,
        replace(options, chosen=chosen),
    )


def _chosen(
    declared: Mapping[str, Dimension], fixed: Mapping[str, Any], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what a person would have to set for these values: all that are not the declared default."""
    return {
        **fixed,
        **{
            name: value
            for name, value in values.items()
            if name in fixed
            or name not in declared
            or type(value) is not type(declared[name].default)
            or value != declared[name].default
        },
    }


def _of_study(run: RunRecord, header: StudyHeader) -> RunRecord:
    return msgspec.structs.replace(run, action="tune", study_id=header.study_id)


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
