"""Searching a version's space, from the first trial to the best run; and going on after a break."""

from trainstore.errors import NotFound, TrainstoreError
from trainstore.records.datasets import Part, PartName
from trainstore.records.study import EndReason, StudyHeader
from trainstore.records.training_code import plan_call
from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_version
from trainstore.workflows.run import Listener
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.transfers.progress import Transfer
from trainstore.workflows.tuning.begin import (
    StudyInputs,
    check_libraries,
    header_for,
    inputs_for,
    inputs_of,
    libraries_here,
    run_options_of,
)
from trainstore.workflows.tuning.keep_best import TuneResult, find_run, keep_best, study_record
from trainstore.workflows.tuning.kept_trial import is_whole, to_keep
from trainstore.workflows.tuning.options import ResumeOptions, TuneOptions
from trainstore.workflows.tuning.places import Executor, Manner, Places, places_for
from trainstore.workflows.tuning.search import SearchListener, search, try_again
from trainstore.workflows.tuning.studies import StudyEntry, find_study
from trainstore.workflows.tuning.study_file import (
    StudyFile,
    create_study,
    discard_study,
    open_study,
    remove_files,
)
from trainstore.workflows.tuning.trial import TrialSetting


def tune(
    repository: Repository,
    name: str,
    options: TuneOptions,
    listener: SearchListener,
    executor: Executor | None = None,
) -> TuneResult:
    """Search a version's space, and commit the best run with the study.

    Ctrl-C ends the search; what is best so far is kept, and the study can go on later.

    Writes: the study in the git directory while it goes on; in the end one commit, as a run makes it, with
    study.json and its plots.

    Args:
        repository: the store.
        name: names the version.
        options: data, space, objective, seeds, device and limits.
        listener: is told of the progress.
        executor: does the trials; this machine if not given.

    Raises:
        NotFound, InvalidRecord, InvalidData, UsageError, DeviceUnavailable: nothing was tried.
    """
    with open_index(repository) as index:
        version = resolve_version(repository, index, name)
    listener.on_step(f"loading {options.data}")
    inputs = inputs_for(repository, version, options, Transfer(listener.on_step))
    header = header_for(inputs, options)
    create_study(repository, header)
    run_options = run_options_of(header, options.data, allow_weak_sandbox=options.allow_weak_sandbox)
    with open_study(repository, header.study_id) as study:
        try:
            manner = Manner(options.trials, options.workers, executor, options.ray)
            return _go_on(repository, study, inputs, run_options, manner, listener)
        finally:
            if not study.lines.trials:
                discard_study(study)


def resume(
    repository: Repository,
    study_id: str,
    how: ResumeOptions,
    listener: SearchListener,
    executor: Executor | None = None,
) -> TuneResult:
    """Go on with a study; with one worker its trials are those that it would have had without the break.

    Of a study that is finished nothing is done, unless more trials are asked for than it has.

    Args:
        repository: the store.
        study_id: the study, or a unique beginning of its id.
        how: what is not as it was begun.
        listener: is told of the progress.
        executor: does the trials; this machine if not given.

    Raises:
        NotFound: there is no such study, or it cannot go on here.
        StoreLocked: it is at work in another process.
        StoreConflict: its code, or the libraries are not the same.
        InvalidData: the data is not the same.
    """
    entry = find_study(repository, study_id)
    header, trials = entry.header, how.trials or entry.header.trials
    finished = _as_kept(repository, entry, trials)
    if finished:
        return finished
    _check_here(entry)
    with open_study(repository, header.study_id) as study:
        options = run_options_of(header, how.data, allow_weak_sandbox=how.allow_weak_sandbox)
        if len(study.lines.trials) < trials and not how.despite_changes:
            check_libraries(header, libraries_here())
        listener.on_step(f"loading {options.data}")
        inputs = inputs_of(repository, header, how.data, options, Transfer(listener.on_step))
        workers = how.workers or (None if how.ray else header.workers)
        return _go_on(
            repository, study, inputs, options, Manner(trials, workers, executor, how.ray), listener
        )


def _check_here(entry: StudyEntry) -> None:
    if not entry.here:
        raise NotFound(
            f"Study {entry.header.study_id} was made elsewhere and has {len(entry.trials)} trials.",
            "Begin another one here: trainstore tune VERSION --data DATA --trials N",
        )


def _as_kept(repository: Repository, entry: StudyEntry, trials: int) -> TuneResult | None:
    """Return what a study that has nothing left to do came to."""
    ending, done = entry.ending, len(entry.trials)
    if ending is None or ending.trials != done or (done < trials and ending.reason != "exhausted"):
        return None
    run = find_run(repository, ending.run_id)
    if run and entry.here and ending.reason != "interrupted":  # a kill may have kept the end from doing so
        remove_files(repository, entry.header.study_id)
    return TuneResult(study_record(entry.header, entry.trials, ending), run, already=True) if run else None


def _go_on(
    repository: Repository,
    study: StudyFile,
    inputs: StudyInputs,
    options: RunOptions,
    manner: Manner,
    listener: SearchListener,
) -> TuneResult:
    setting = _setting(inputs, options)
    _tell_of_settings(study.lines.header, inputs, listener)
    listener.on_study(study.lines, manner.trials)
    with places_for(options, manner, listener.on_step) as places:
        reason = _searched(study, setting, manner.trials, places, listener)
        kept = to_keep(study.lines.trials)
        if not is_whole(study.folder, kept.number):
            listener.on_step(f"training trial {kept.number} again: its files went when the study ended")
            try_again(study, setting, places, kept)
    return keep_best(repository, study, inputs, options, reason, Listener(on_step=listener.on_step))


def _tell_of_settings(header: StudyHeader, inputs: StudyInputs, listener: SearchListener) -> None:
    """Tell before the first trial what will not be as a person may think; a study can take days."""
    for name in header.left_out:
        listener.on_step(f"{name} is declared, but the function does not take it; it is left out")
    for name in plan_call(inputs.record.signature, inputs.record.space, header.chosen).out_of_range:
        listener.on_step(f"{name}={header.chosen[name]!r} lies outside of the declared range")


def _searched(
    study: StudyFile, setting: TrialSetting, trials: int, places: Places, listener: SearchListener
) -> EndReason:
    try:
        reason = search(study, setting, trials, places, listener)
    except KeyboardInterrupt:
        if not study.lines.trials:
            raise
        listener.on_step("stopped; keeping the best so far")
        return "interrupted"
    except TrainstoreError:
        if study.lines.trials:
            study_id = study.lines.header.study_id
            listener.on_step(f"the trials so far are kept; go on with: trainstore tune --resume {study_id}")
        raise
    listener.on_step("the search has ended")
    return reason


def _setting(inputs: StudyInputs, options: RunOptions) -> TrialSetting:
    """Return what all trials have in common; the test part is not in it."""
    parts: dict[PartName, Part] = {name: inputs.split.parts[name] for name in ("train", "val")}
    classes = inputs.dataset.classes
    return TrialSetting(
        inputs.record.code, parts, inputs.dataset.task, None if classes is None else len(classes), options
    )
