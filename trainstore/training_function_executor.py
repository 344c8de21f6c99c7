"""The seed's way to load, list and execute training functions from Python.

    from trainstore.training_function_executor import training_executor

Functions run in a worker process, and so do the forward passes of the model that comes back: no class of
untrusted code is ever loaded here.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainstore.api import Store
from trainstore.errors import InvalidRecord, StoreNotFound
from trainstore.execution.outcome import unsuccessful
from trainstore.records.training_code import plan_call
from trainstore.records.training_record import FILE_KEY, check_record, decode_record, encode_record
from trainstore.store.resolve import resolve_version

if TYPE_CHECKING:
    from trainstore.records.datasets import Dataset
    from trainstore.records.training_record import TrainingRecord
    from trainstore.workflows.trained_model import TrainedModel


class TrainingFunctionExecutor:
    """Loads, lists and executes the training functions of the store around a folder.

    Args:
        folder: a folder of the store; the working folder at the time of each call where none is given.
        allow_weak_sandbox: run functions, too, on a machine that cannot keep them from your files and your network.
            It may be set later, as an attribute.
    """

    def __init__(self, folder: str | Path | None = None, *, allow_weak_sandbox: bool = False) -> None:
        self._folder = folder
        self.allow_weak_sandbox = allow_weak_sandbox

    def list_available_training_functions(self) -> list[dict[str, Any]]:
        """Return every version in the tree, as dicts with ``model_name, confidence, filepath, bo_parameters`` and more.

        A confidence that is not given is 0.0, as it always was here.

        Raises:
            StoreNotFound: the folder is not inside a store.
        """
        store = self._store()
        return [
            {
                "model_name": version.model_name,
                "data_type": version.data_type,
                "confidence": version.confidence or 0.0,
                "filepath": os.path.relpath(store.root / version.path),
                "bo_parameters": list(version.parameters),
                "timestamp": version.timestamp,
                "version": version.ordinal,
            }
            for version in store.versions_in_tree()
        ]

    def load_training_function(self, filepath: str | Path) -> dict[str, Any]:
        """Return a record as a dict, its file's path added as ``filepath``.

        A path of the old flat folder is found by its name in the store.

        Raises:
            NotFound: there is no such file, here or in the store.
            InvalidRecord: it is broken.
        """
        file = Path(filepath)
        if file.is_file():
            record = decode_record(file.read_bytes(), file.name, int(file.stat().st_mtime))
        else:
            store = self._store(file.parent)
            version = store.version(str(filepath))
            record, file = store.record(version), store.root / version.path
        check_record(record)
        return {**record.content, FILE_KEY: str(file)}

    def execute_training_function(  # noqa: PLR0913 - as the seed has them
        self,
        training_data: Mapping[str, Any],
        X_train: Any,
        y_train: Any,
        X_val: Any,
        y_val: Any,
        device: str = "auto",
        *,
        record: bool = False,
        **hyperparams: Any,
    ) -> "tuple[TrainedModel, dict[str, Any]]":
        """Train in a worker process and return the model and the metrics that the function reported.

        Args:
            training_data: from `load_training_function`, or any record.
            X_train: numpy array or torch tensor, or a list of them with unequal lengths, time first.
            y_train: classes as integers or text, or values as floats.
            X_val: like ``X_train``.
            y_val: like ``y_train``.
            device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
            record: keep the run in the store, as ``trainstore run`` does; otherwise nothing is committed.
            **hyperparams: instead of the search space's defaults.

        Raises:
            RunUnsuccessful: the function did not succeed; the message says how it ended.
            InvalidData, InvalidRecord, UsageError, DeviceUnavailable, SandboxTooWeak: nothing ran.
        """
        from trainstore.profiling.from_arrays import from_arrays

        dataset = from_arrays(X_train, y_train, X_val, y_val)
        content = {key: value for key, value in training_data.items() if key != FILE_KEY}
        decoded = decode_record(encode_record(content), Path(str(training_data.get(FILE_KEY, ""))).name, 0)
        check_record(decoded)
        chosen = {name: _without_numpy(value) for name, value in hyperparams.items()}
        if record:
            return self._execute_recorded(training_data, decoded, dataset, device, chosen)
        return _execute(decoded, dataset, device, chosen, self.allow_weak_sandbox)

    def _execute_recorded(
        self,
        training_data: Mapping[str, Any],
        decoded: "TrainingRecord",
        dataset: "Dataset",
        device: str,
        hyperparams: dict[str, Any],
    ) -> "tuple[TrainedModel, dict[str, Any]]":
        from trainstore.profiling.split_dataset import split_dataset
        from trainstore.store.index.update import open_index
        from trainstore.workflows.prepared_run import PreparedRun
        from trainstore.workflows.run import Listener, execute
        from trainstore.workflows.run_options import RunOptions

        if FILE_KEY not in training_data:
            raise InvalidRecord(
                "Only a saved function can be recorded.", "Save it first, then load it by its path."
            )
        file = Path(training_data[FILE_KEY])
        store = self._store(file.parent)
        with open_index(store.repository) as index:
            version = resolve_version(store.repository, index, str(file))
        if (version.code_digest, version.space_digest) != (decoded.code_digest, decoded.space_digest):
            raise InvalidRecord(
                f"The function was changed since {version} was loaded.",
                "Save it first, then load it by its path.",
            )
        call = plan_call(decoded.signature, decoded.space, hyperparams)
        weak = self.allow_weak_sandbox
        options = RunOptions(dataset.source, device=device, chosen=hyperparams, allow_weak_sandbox=weak)
        prepared = PreparedRun(version, decoded, call, dataset, split_dataset(dataset, seed=0), options)
        run = execute(store.repository, prepared, Listener(on_output=print)).record
        if run.checkpoint is None:
            raise unsuccessful("The training function", run.outcome, run.reason)
        model = store.load_model(run.run_id, device=run.device["used"] or "cpu", allow_weak_sandbox=weak)
        return model, {**run.claimed_metrics, **run.curves}

    def _store(self, near: Path | None = None) -> Store:
        if self._folder is not None:
            return Store.open(self._folder)
        try:
            return Store.open(".")
        except StoreNotFound:
            if near is None or not near.is_dir():
                raise
            return Store.open(near)


def _without_numpy(value: Any) -> Any:
    """Return a scalar of numpy or torch, as search libraries suggest them, as Python's own; all else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 else value


def _execute(
    record: "TrainingRecord", dataset: "Dataset", device: str, hyperparams: dict[str, Any], weak: bool
) -> "tuple[TrainedModel, dict[str, Any]]":
    from trainstore.execution.request import TrainingRequest
    from trainstore.execution.run_training import run_training
    from trainstore.execution.sandbox.levels import sandbox_demand
    from trainstore.workflows.trained_model import TrainedModel

    call = plan_call(record.signature, record.space, hyperparams)
    request = TrainingRequest(
        record.code, dataset.parts, call.hyperparameters, device, sandbox=sandbox_demand(weak)
    )
    with run_training(request, print) as result:
        if result.weights is None or result.structure is None:
            raise unsuccessful("The training function", result.outcome, result.reason)
        used = str(result.device["used"])
        model = TrainedModel.copied_from(result.weights, result.structure, used, allow_weak_sandbox=weak)
        return model, {**result.metrics, **result.curves}


training_executor = TrainingFunctionExecutor()
