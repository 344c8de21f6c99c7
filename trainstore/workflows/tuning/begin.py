"""What a study begins with, and whether a study that goes on still has the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

from trainstore.disk_format.run_ids import new_run_id
from trainstore.errors import NotFound, StoreConflict, UsageError
from trainstore.profiling.split_dataset import split_dataset
from trainstore.records.datasets import Dataset, Split
from trainstore.records.search_space import Dimension
from trainstore.records.study import StudyHeader
from trainstore.records.training_code import plan_call
from trainstore.records.training_record import TrainingRecord
from trainstore.search.narrow import narrow
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.version import __version__
from trainstore.workflows.load_data import load_data, load_recorded
from trainstore.workflows.read_version import read_version
from trainstore.workflows.recorded_inputs import recorded_data, recorded_version
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.transfers.progress import Transfer
from trainstore.workflows.tuning.objective import check_objective
from trainstore.workflows.tuning.options import TuneOptions

_LIBRARIES = ("numpy", "scikit-learn", "scikit-optimize", "torch")


@dataclass(frozen=True)
class StudyInputs:
    """What a study works on; the split has its test part, which no trial is given."""

    version: Version
    record: TrainingRecord
    dataset: Dataset
    split: Split


def inputs_for(
    repository: Repository, version: Version, options: TuneOptions, transfer: Transfer | None = None
) -> StudyInputs:
    """Read a version and its data for a new study. Raises InvalidData, InvalidRecord, SandboxTooWeak."""
    how = options.run_options()
    dataset = load_data(
        repository, how.data, target=how.target, task=how.task, sandbox=how.sandbox, transfer=transfer
    )
    return StudyInputs(
        version, read_version(repository, version), dataset, split_dataset(dataset, how.split_seed)
    )


def header_for(inputs: StudyInputs, options: TuneOptions) -> StudyHeader:
    """Return the header of a new study.

    Raises:
        UsageError: the function cannot be called so, or a range or the objective is none.
    """
    version, record, dataset = inputs.version, inputs.record, inputs.dataset
    check_objective(options.objective, options.direction, dataset.task)
    space, left_out = space_of(record, options)
    now = datetime.now(UTC)
    return StudyHeader(
        study_id=new_run_id(now),
        function=version.function,
        version=recorded_version(version, record),
        started_at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        trials=options.trials,
        space=space,
        chosen=dict(options.chosen),
        left_out=list(left_out),
        surrogate=options.surrogate,
        initial=options.initial,
        seed=options.seed,
        objective=options.objective,
        direction=options.direction,
        max_model_kb=options.max_model_kb,
        data=recorded_data(dataset, options.target, inputs.split),
        device=options.device,
        threads=options.threads_each,
        workers=options.workers or 1,
        timeout_s=options.timeout_s,
        limits=options.limits,
        libraries=libraries_here(),
    )


def space_of(record: TrainingRecord, options: TuneOptions) -> tuple[dict[str, Dimension], tuple[str, ...]]:
    """Return what is searched, of what the function can take, and what it cannot. Raises UsageError."""
    call = plan_call(record.signature, record.space, options.chosen)
    for name in options.ranges:
        if name in call.left_out:
            raise UsageError(
                f"{name!r} is in the search space, but the function does not take it.", "Leave its range out."
            )
    declared = {name: dimension for name, dimension in record.space.items() if name in call.hyperparameters}
    chosen = {name: value for name, value in options.chosen.items() if name in call.hyperparameters}
    return narrow(declared, chosen, options.ranges), call.left_out


def libraries_here() -> dict[str, str]:
    """Return the versions of what decides which points a study tries, and what they give."""
    found = {"trainstore": __version__}
    for name in _LIBRARIES:
        try:
            found[name] = installed_version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def inputs_of(
    repository: Repository,
    header: StudyHeader,
    data: str | None,
    options: RunOptions,
    transfer: Transfer | None = None,
) -> StudyInputs:
    """Read what a study works on once more, and see that it is the same.

    Args:
        repository: the store.
        header: of the study.
        data: where its data is now; None for where it was.
        options: as `run_options_of` gives them.
        transfer: is told where the data has to be fetched.

    Raises:
        NotFound: the version is not in this history.
        InvalidData: the data is not the same, or cannot be read.
        StoreConflict: the version's code is not the same.
    """
    with open_index(repository) as index:
        version = index.version_at(header.version["path"])
    if version is None:
        raise NotFound(
            f"The version of study {header.study_id} is not in this history.",
            "Check out a branch that has it, or begin another study.",
        )
    record = read_version(repository, version)
    if record.code_digest != header.version["code_digest"]:
        raise StoreConflict(
            f"{version} has other code than when study {header.study_id} began.", "Begin another study."
        )
    whose = f"study {header.study_id}"
    dataset = load_recorded(repository, header.data, whose, options, data, transfer or Transfer())
    return StudyInputs(version, record, dataset, split_dataset(dataset, options.split_seed))


def run_options_of(
    header: StudyHeader, data: str | None = None, *, allow_weak_sandbox: bool = False
) -> RunOptions:
    """Return how each trial of a study is run."""
    return RunOptions(
        data=data or header.data["source"],
        target=header.data["target"],
        task=header.data["task"],
        device=header.device,
        seed=header.seed,
        split_seed=header.data["split"].get("seed") or 0,
        threads=header.threads,
        timeout_s=header.timeout_s,
        limits=header.limits,
        allow_weak_sandbox=allow_weak_sandbox,
    )


def check_libraries(header: StudyHeader, here: Mapping[str, str]) -> None:
    """Refuse to go on with a study where other libraries would not give the same sequence.

    Raises:
        StoreConflict: it names what differs.
    """
    changed = [
        f"{name} {before} → {here.get(name, 'none')}"
        for name, before in header.libraries.items()
        if here.get(name, "none") != before
    ]
    if changed:
        raise StoreConflict(
            f"Study {header.study_id} was begun with other versions: {', '.join(changed)}. The trials to come may "
            "be others than without the break.",
            "Go on all the same with --despite-changes, or install those versions.",
        )
