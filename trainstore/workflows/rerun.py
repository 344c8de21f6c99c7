"""Repeating a run, and judging whether the result is the same."""

from typing import Any

import msgspec

from trainstore.errors import NotFound, UsageError
from trainstore.execution.runtime import why_not_portable
from trainstore.execution.verdict import compare_runs
from trainstore.profiling.split_dataset import split_dataset
from trainstore.records.run_record import RunRecord, encode_run
from trainstore.records.training_code import Call
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_run
from trainstore.workflows.load_data import load_recorded
from trainstore.workflows.prepared_run import PreparedRun
from trainstore.workflows.read_run import read_run
from trainstore.workflows.read_version import read_version
from trainstore.workflows.recorded_environment import installed_here, surroundings_of
from trainstore.workflows.run import Listener, RunResult, execute
from trainstore.workflows.run_options import RerunOptions, RunOptions
from trainstore.workflows.transfers.progress import Transfer

FROM_PYTHON = "arrays"  # the source of data that came as arrays


def rerun(repository: Repository, run_id: str, how: RerunOptions, listener: Listener) -> RunResult:
    """Repeat a run with the same code, data, split, seed, hyperparameters, threads and limits, and record the verdict.

    Args:
        repository: the store.
        run_id: the run to repeat, or a unique beginning of its id.
        how: what is not to be as the original had it.
        listener: is told of the progress.

    Raises:
        NotFound: no such run.
        InvalidData: the data cannot be read, or is not the same.
        DeviceUnavailable: the device is not on this machine.
        SandboxTooWeak: this machine cannot keep the function in bounds.
        EnvironmentUnavailable: the recorded environment cannot be made here.
    """
    original, version = _find(repository, run_id)
    options = _options(original, how, listener)
    listener.on_step(f"loading {options.data}")
    whose, transfer = f"run {original.run_id}", Transfer(listener.on_step)
    dataset = load_recorded(repository, original.data, whose, options, how.data, transfer)
    surroundings = installed_here(options.portable)
    if how.env == "recorded":
        surroundings = surroundings_of(original, options.portable, listener.on_step)
    prepared = PreparedRun(
        version,
        read_version(repository, version),
        Call(original.hyperparameters, tuple(original.left_out), tuple(original.out_of_range)),
        dataset,
        split_dataset(dataset, options.split_seed),
        options,
        surroundings,
    )
    return execute(repository, prepared, listener, lambda run: _judged(original, run))


def _find(repository: Repository, run_id: str) -> tuple[RunRecord, Version]:
    """Return a run and the version that it is of; by its path, as another function may have that very name."""
    with open_index(repository) as index:
        entry = resolve_run(index, run_id)
        version = index.version_at(entry.version_path)
    if version is None:
        raise NotFound(
            f"The version of run {entry.run_id} is not in this history.", "Fetch it: git fetch --unshallow"
        )
    return read_run(repository, entry), version


def _options(original: RunRecord, how: RerunOptions, listener: Listener) -> RunOptions:
    used = how.device or original.device["used"]
    if used is None:
        raise UsageError(f"Run {original.run_id} ended before it had a device.", "Choose one: --device cpu")
    source = how.data or original.data["source"]
    if source == FROM_PYTHON:
        raise UsageError(
            f"Run {original.run_id} was given its data from Python.", "Say where it is: --data FILE"
        )
    if original.portable and (why := why_not_portable()):
        listener.on_step(f"without the portable arithmetic of the original: {why}")
    return RunOptions(
        data=source,
        target=original.data["target"],
        task=original.data["task"],
        device=used,
        chosen=original.chosen,
        seed=original.seed,
        split_seed=original.data["split"].get("seed") or 0,
        threads=how.threads or original.threads,
        timeout_s=original.timeout_s,
        limits=original.limits,
        allow_weak_sandbox=how.allow_weak_sandbox,
        portable=original.portable and not why_not_portable(),
        env=how.env,
    )


def _judged(original: RunRecord, run: RunRecord) -> RunRecord:
    repeated = msgspec.structs.replace(run, action="rerun", rerun_of=original.run_id)
    judged = compare_runs(_as_written(original), _as_written(repeated))
    return msgspec.structs.replace(
        repeated,
        verdict=judged.verdict,
        causes=judged.causes,
        environment_changes=judged.changes,
        differences=judged.differences,
        clocks=judged.clocks,
        tolerance=judged.tolerance,
    )


def _as_written(run: RunRecord) -> dict[str, Any]:
    """Return a run as its run.json has it, where what is not finite is null."""
    fields: dict[str, Any] = msgspec.json.decode(encode_run(run))
    return fields
