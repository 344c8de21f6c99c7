"""A trained model in a supervised worker, asked for predictions from here."""

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NoReturn

from numpy.typing import NDArray

from trainstore.errors import CheckpointMissing, RunTimedOut, RunUnsuccessful
from trainstore.execution.arrays import pack, unpack
from trainstore.execution.claims import decode_error
from trainstore.execution.confined_worker import Terms, confined_worker
from trainstore.execution.forks import Forks
from trainstore.execution.frames import FrameClosed, FrameError, FrameTimeout, read_frame, write_frame
from trainstore.execution.job_folder import JobFolder
from trainstore.execution.judgement import judge
from trainstore.execution.limits import Limits
from trainstore.execution.model_claim import CLAIM_BYTES
from trainstore.execution.readiness import check_ready
from trainstore.execution.request import check_device_name
from trainstore.execution.runtime import Runtime
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.records.datasets import Features, Sequences

ANSWER_BYTES = 4 << 30

_DYING_SECONDS = 2.0
_DESCRIPTION_SECONDS = 60.0


@dataclass(frozen=True)
class SessionSettings:
    """How a model is served.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        threads: of torch.
        seed: set anew before each answer.
        batch_size: rows of one forward pass.
        start_seconds: limit for starting the worker and restoring the model.
        answer_seconds: limit for one answer.
        limits: what ends the worker; its wall limit counts over the whole session.
        sandbox: how well the worker must be kept in bounds.
        runtime: what the worker computes with.
        forks: what forks the worker; None to start it as a program.
    """

    device: str = "cpu"
    threads: int = 1
    seed: int = 0
    batch_size: int = 256
    start_seconds: float = 300.0
    answer_seconds: float = 600.0
    limits: Limits = field(default_factory=Limits)
    sandbox: SandboxDemand = field(default_factory=SandboxDemand)
    runtime: Runtime = field(default_factory=Runtime)
    forks: Forks | None = None


class ModelSession:
    """A model that answers until it is closed; the model's code runs in the worker only.

    Attributes:
        device: the device that the worker uses.

    Raises:
        UsageError: the device's name is none, or torch is not installed.
        DeviceUnavailable: the device is not on this machine.
        RunUnsuccessful: the model cannot be restored.
        RunTimedOut: that took too long.
        SandboxTooWeak: this machine does not give the sandbox demanded.
    """

    def __init__(
        self, weights: Path | BinaryIO, structure: Path | BinaryIO, settings: SessionSettings | None = None
    ) -> None:
        self._settings = settings or SessionSettings()
        check_device_name(self._settings.device)
        with ExitStack() as opened:
            job = opened.enter_context(JobFolder.create())
            deadline = time.monotonic() + self._settings.start_seconds
            descriptors = self._prepare({"weights": weights, "structure": structure}, opened)
            settings = self._settings
            worker = opened.enter_context(
                confined_worker(job, _message(settings), descriptors, _terms(settings))
            )
            self._worker = worker.process
            self._opened: ExitStack | None = opened.pop_all()
        try:
            self.device: str = check_ready(self._receive(deadline)[0]).device
            _check_ok(self._receive(deadline)[0], "the model cannot be restored")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "ModelSession":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the worker and remove its folder; closing again does nothing."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def predict(self, features: Features, *, swapped_axes: bool = False) -> NDArray[Any]:
        """The model's output for each row, in the order of the rows.

        Args:
            features: an array with a row for each sample, or sequences.
            swapped_axes: hand sequences over as (rows, channels, length), images with their channels last.

        Raises:
            RunUnsuccessful: the model cannot make a forward pass on these features, or its process died.
            RunTimedOut: there was no answer in time; the session is closed.
        """
        question = {"ask": "outputs", "swapped_axes": swapped_axes}
        answer, data = self._answer(question, features, self._settings.answer_seconds, ANSWER_BYTES)
        _check_ok(answer, "the model cannot predict on this data")
        try:
            (outputs,) = unpack(answer.get("arrays"), data)
        except ValueError as error:
            raise RunUnsuccessful(f"the model's answer is not readable: {error}") from error
        if outputs.ndim == 0 or len(outputs) != len(features):
            shape = outputs.shape
            raise RunUnsuccessful(f"the model answered {len(features)} rows with an output of shape {shape}")
        return outputs

    def describe(self, features: Features, *, swapped_axes: bool = False) -> bytearray:
        """What the worker tells of the model's make, for `trainstore.execution.model_claim`.

        Args:
            features: a few rows for one forward pass, which gives the shapes as far as it gets.
            swapped_axes: as for `predict`.

        Raises:
            RunUnsuccessful: there is no answer.
            RunTimedOut: it did not come in time; the session is closed.
        """
        question = {"ask": "description", "swapped_axes": swapped_axes}
        answer, body = self._answer(question, features, _DESCRIPTION_SECONDS, CLAIM_BYTES)
        _check_ok(answer, "the model cannot be described")
        return body

    def _answer(
        self, question: dict[str, Any], features: Features, seconds: float, most_bytes: int
    ) -> tuple[dict[str, Any], bytearray]:
        if self._opened is None:
            raise RunUnsuccessful("the model's session is closed", hint="open the model again")
        arrays = [features.values, features.offsets] if isinstance(features, Sequences) else [features]
        descriptions, body = pack(arrays)
        deadline = time.monotonic() + seconds
        try:
            self._ask({**question, "arrays": descriptions}, body, deadline)
            return self._receive(deadline, most_bytes)
        except BaseException:
            self.close()  # what is left of this answer would be taken for the next one
            raise

    def _prepare(self, checkpoint: dict[str, Path | BinaryIO], opened: ExitStack) -> dict[str, int]:
        """Make the pipes; the ends that stay here are closed with the session, the worker's are returned."""
        question_reader, self._questions = os.pipe()
        self._answers, answer_writer = os.pipe()
        os.set_blocking(self._questions, False)
        for descriptor in (self._questions, self._answers):
            opened.callback(os.close, descriptor)
        return {
            **{name: _open_to_read(file) for name, file in checkpoint.items()},
            "questions": question_reader,
            "answers": answer_writer,
        }

    def _ask(self, header: dict[str, Any], body: bytes, deadline: float) -> None:
        try:
            write_frame(self._questions, header, body, deadline)
        except FrameError as error:
            self._give_up(error)

    def _receive(self, deadline: float, most_bytes: int = 0) -> tuple[dict[str, Any], bytearray]:
        try:
            return read_frame(self._answers, deadline, most_bytes)
        except FrameError as error:
            self._give_up(error)

    def _give_up(self, error: FrameError) -> NoReturn:
        """Close the session and say what went wrong."""
        try:
            if isinstance(error, FrameTimeout):
                raise RunTimedOut("the model gave no answer in time") from error
            if not isinstance(error, FrameClosed):
                raise RunUnsuccessful(f"the model's answer is not readable: {error}") from error
            # The pipe of a process that dies is at its end a moment before the process is.
            ending = self._worker.wait({}, patience_s=_DYING_SECONDS)
            claim = judge(ending, b"", self._settings.limits)
            raise RunUnsuccessful(f"the model's process is gone: {claim.reason}") from error
        finally:
            self.close()


def _message(settings: SessionSettings) -> dict[str, Any]:
    return {
        "mode": "serve",
        "device": settings.device,
        "seed": settings.seed,
        "threads": settings.threads,
        "batch_size": settings.batch_size,
    }


def _terms(settings: SessionSettings) -> Terms:
    return Terms(settings.limits, settings.sandbox, settings.runtime, settings.start_seconds, settings.forks)


def _open_to_read(file: Path | BinaryIO) -> int:
    if not isinstance(file, Path):
        return os.dup(file.fileno())
    try:
        return os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise CheckpointMissing(
            f"the checkpoint's file {file} is not there", hint="trainstore pull"
        ) from error


def _check_ok(answer: dict[str, Any], what: str) -> None:
    if answer.get("ok") is True:
        return
    error = decode_error(answer.get("error"))
    reason = f"{error['type']}: {error['message']}" if error else "it did not say why"
    raise RunUnsuccessful(f"{what}: {reason}")
