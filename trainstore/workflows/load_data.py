"""From what a person wrote behind ``--data`` to a data set: a name of the store's, or else what `read_data` reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from trainstore.errors import InvalidData
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.profiling.sklearn_names import SKLEARN_NAMES, SKLEARN_PREFIX
from trainstore.records.datasets import Dataset, Features, PinnedFile, Task
from trainstore.store.git.repository import Repository
from trainstore.workflows.pinned_data import data_sets, find_data, from_recorded, is_data_name
from trainstore.workflows.read_data import (
    DEMAND,
    read_data,
    read_features,
    read_pinned,
    read_pinned_features,
)
from trainstore.workflows.run_options import RunOptions
from trainstore.workflows.transfers.progress import Transfer


def load_data(
    repository: Repository,
    reference: str,
    *,
    target: str | None = None,
    task: Task | None = None,
    sandbox: SandboxDemand = DEMAND,
    transfer: Transfer | None = None,
) -> Dataset:
    """Load what a person wrote behind ``--data``; a name of the store's goes before a file of that name.

    Raises:
        CheckpointMissing: the store has the name, but neither DVC's cache nor the DVC remote has the data.
        RemoteFailed, IntegrityProblem: as for `read_pinned`.
        InvalidData, UsageError, SandboxTooWeak: as for `read_data`.
    """
    pinned = _pinned_by(repository, reference)
    if pinned is None:
        return read_data(reference, target=target, task=task, sandbox=sandbox)
    return read_pinned(repository, pinned, target, task, sandbox, transfer)


def load_inputs(
    repository: Repository,
    reference: str,
    target: str | None,
    columns: Sequence[str],
    sandbox: SandboxDemand,
    transfer: Transfer | None = None,
) -> Features:
    """Load inputs alone from what a person wrote behind ``--data``, found as by `load_data`; a target is left out.

    Args:
        repository, reference: the store; a pinned name, ``sklearn:NAME``, a file or a folder of images.
        target, columns: as for `read_features`.
        sandbox, transfer: as for `load_data`.

    Raises:
        CheckpointMissing, RemoteFailed, IntegrityProblem, InvalidData, SandboxTooWeak: as for `load_data`.
    """
    pinned = _pinned_by(repository, reference)
    if pinned is not None:
        return read_pinned_features(repository, pinned, target, columns, sandbox, transfer)
    if reference.startswith(SKLEARN_PREFIX):
        return read_data(reference, sandbox=sandbox).parts["all"].X
    return read_features(Path(reference), target=target, columns=columns, sandbox=sandbox)


def load_recorded(
    repository: Repository,
    recorded: Mapping[str, Any],
    whose: str,
    options: RunOptions,
    data: str | None,
    transfer: Transfer,
) -> Dataset:
    """Load what a run or a study was given once more, and see that it is the same.

    Args:
        repository: the store.
        recorded: what it tells of its data.
        whose: that is, such as ``run …``.
        options: how it is to be read.
        data: where it is now; None for where it was.
        transfer: is told where it has to be fetched.

    Raises:
        InvalidData: it is not the same, or cannot be read.
        CheckpointMissing, RemoteFailed, IntegrityProblem, UsageError, SandboxTooWeak: as for `load_data`.
    """
    pinned = recorded.get("pinned")
    target, task, sandbox = options.target, options.task, options.sandbox
    if pinned and data is None:  # the bytes of then, whatever has that name by now
        dataset = read_pinned(repository, from_recorded(pinned), target, task, sandbox, transfer)
    else:
        dataset = load_data(
            repository, options.data, target=target, task=task, sandbox=sandbox, transfer=transfer
        )
    if dataset.digest != recorded["digest"]:
        raise InvalidData(
            f"{dataset.source!r} is not the data of {whose}: its digest is {dataset.digest}, and that one's "
            f"{recorded['digest']}.",
            "Say where that data is: --data DATA",
        )
    return dataset


def _pinned_by(repository: Repository, reference: str) -> PinnedFile | None:
    """Return the data set that a reference names; None where it is to be read from elsewhere.

    Raises:
        InvalidData: it can only be a name, and none has it.
    """
    pinned = find_data(repository, reference)
    if pinned is None and is_data_name(reference) and not Path(reference).exists():
        raise _unknown_data(repository, reference)
    return pinned


def _unknown_data(repository: Repository, reference: str) -> InvalidData:
    from difflib import get_close_matches  # only a mistake needs it

    known = {pinned.name: pinned.name for pinned in data_sets(repository)}
    known |= {name: f"{SKLEARN_PREFIX}{name}" for name in SKLEARN_NAMES if name not in known}
    names = [reference] if reference in known else get_close_matches(reference, known, n=3)
    near = [known[name] for name in names]
    hint = f"Did you mean {' or '.join(near)}?" if near else "See the data sets with: trainstore data list"
    return InvalidData(f"There is no data set and no file {reference!r}.", hint)
