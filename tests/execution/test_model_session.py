"""Models that answer from a worker; those of the tests are saved here, by the code that workers save with."""

import itertools
import os
import pickle
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.errors import (
    CheckpointMissing,
    DeviceUnavailable,
    RunTimedOut,
    RunUnsuccessful,
    SandboxTooWeak,
)
from trainstore.execution import model_session
from trainstore.execution.limits import Limits
from trainstore.execution.model_session import ModelSession, SessionSettings
from trainstore.execution.request import TrainingResult
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.execution.worker.checkpoint import save_checkpoint
from trainstore.records.datasets import Part, PartName, Sequences

Saved = tuple[Path, Path]
WEAK = SandboxDemand(least="weak", most="weak")
CODE = """
import os, time
import torch
from torch import nn

class Moody(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 3)

    def forward(self, x):
        mood = int(x[0, 0])
        if mood == 1:
            raise RuntimeError("not today")
        if mood == 2:
            time.sleep(600)
        if mood == 3:
            os._exit(0)
        if mood == 4:
            return self.linear(x)[:1]
        if mood == 5:
            return "text"
        if mood == 6:
            os.write(1, b"x" * 100)
            os.kill(os.getpid(), 11)
        return self.linear(x), torch.rand(len(x))

class Lengths(nn.Module):
    def forward(self, x):
        return torch.stack([torch.full((len(x),), float(x.shape[1])), x.sum((1, 2))], 1)
"""


@pytest.fixture
def save(tmp_path: Path) -> Callable[[str], Saved]:
    """Save a model of one of the classes above as a worker does."""

    def run(name: str) -> Saved:
        module = types.ModuleType("training_function")
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(__import__("sys").modules, "training_function", module)
            exec(CODE, vars(module))
            paths = tmp_path / "weights.safetensors", tmp_path / "structure.pkl"
            descriptors = [os.open(path, os.O_CREAT | os.O_WRONLY, 0o600) for path in paths]
            save_checkpoint(vars(module)[name](), module, *descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
        return paths

    return run


def mood(number: int) -> np.ndarray[Any, Any]:
    return np.full((2, 4), number, np.float32)


def test_a_trained_model_with_local_classes_predicts_what_its_weights_say(
    trained: TrainingResult, parts: dict[PartName, Part]
) -> None:
    from safetensors.numpy import load

    assert trained.weights is not None
    assert trained.structure is not None
    trained.weights.seek(0)
    weights = load(trained.weights.read())
    X = parts["train"].X
    assert isinstance(X, np.ndarray)
    hidden = np.maximum(X @ weights["block.inner.weight"].T + weights["block.inner.bias"], 0)
    expected = hidden @ weights["head.weight"].T + weights["head.bias"] + weights["_extra.0"]
    with ModelSession(trained.weights, trained.structure, SessionSettings(batch_size=7)) as session:
        assert session.device == "cpu"
        outputs = session.predict(X)
    assert outputs.shape == (20, 3)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)


def test_what_goes_wrong_in_a_forward_pass_is_told_and_the_model_stays(save: Callable[[str], Saved]) -> None:
    with ModelSession(*save("Moody")) as session:
        first = session.predict(mood(0))
        for number, sentence in [
            (1, "RuntimeError: not today"),
            (4, r"ValueError: the model answered 2 rows with an output of shape \(1, 3\)"),
            (5, "type str that holds no tensor"),
        ]:
            with pytest.raises(RunUnsuccessful, match=sentence):
                session.predict(mood(number))
        with pytest.raises(RunUnsuccessful, match="mat1 and mat2"):
            session.predict(np.zeros((2, 5), np.float32))
        with pytest.raises(RunUnsuccessful, match="cannot predict"):
            session.predict(np.zeros((0, 4), np.float32))
        np.testing.assert_array_equal(session.predict(mood(0)), first)
        with pytest.raises(RunUnsuccessful, match="process is gone: the worker was ended by SIGSEGV"):
            session.predict(mood(6))
        with pytest.raises(RunUnsuccessful, match="closed"):
            session.predict(mood(0))


@pytest.mark.slow
def test_a_process_that_ends_itself_is_noticed(save: Callable[[str], Saved]) -> None:
    with ModelSession(*save("Moody")) as session, pytest.raises(RunUnsuccessful, match="exit status 0"):
        session.predict(mood(3))


@pytest.mark.slow
def test_an_interrupted_question_leaves_no_answer_for_the_next(
    save: Callable[[str], Saved], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with ModelSession(*save("Moody")) as session:
        monkeypatch.setattr(model_session, "read_frame", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.predict(mood(0))
        monkeypatch.undo()
        with pytest.raises(RunUnsuccessful, match="closed"):
            session.predict(mood(0))


@pytest.mark.slow
def test_an_answer_that_does_not_come_is_not_waited_for(save: Callable[[str], Saved]) -> None:
    with (
        ModelSession(*save("Moody"), SessionSettings(answer_seconds=0.5)) as session,
        pytest.raises(RunTimedOut),
    ):
        session.predict(mood(2))


def test_sequences_come_back_in_their_order_without_padding(save: Callable[[str], Saved]) -> None:
    lengths = [3, 1, 3, 2, 1, 3]
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = np.arange(offsets[-1] * 2, dtype=np.float32).reshape(-1, 2)
    with ModelSession(*save("Lengths"), SessionSettings(batch_size=2)) as session:
        outputs = session.predict(Sequences(values, offsets))
    assert outputs[:, 0].tolist() == lengths
    sums = [values[start:end].sum() for start, end in itertools.pairwise(offsets)]
    assert outputs[:, 1].tolist() == sums


class Exploit:
    """Writes the id of the process that unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return exec, (f"import os; open({str(self.path)!r}, 'w').write(str(os.getpid()))",)


def test_a_malicious_structure_runs_in_the_worker_only(trained: TrainingResult, tmp_path: Path) -> None:
    marker, structure = tmp_path / "pid", tmp_path / "structure.pkl"
    structure.write_bytes(pickle.dumps(Exploit(marker)))
    assert trained.weights is not None
    with pytest.raises(
        RunUnsuccessful, match="cannot be restored: TypeError: the structure file holds a NoneType"
    ):
        ModelSession(trained.weights, structure, SessionSettings(sandbox=WEAK))
    assert int(marker.read_text()) != os.getpid()


def test_a_malicious_structure_reaches_nothing(trained: TrainingResult, tmp_path: Path) -> None:
    marker, structure = tmp_path / "pid", tmp_path / "structure.pkl"
    structure.write_bytes(pickle.dumps(Exploit(marker)))
    assert trained.weights is not None
    with pytest.raises(RunUnsuccessful, match=f"cannot be restored: .*Error: .*{marker}"):
        ModelSession(trained.weights, structure)
    assert not marker.exists()


def test_a_session_is_not_begun_below_the_level_asked_for(trained: TrainingResult, tmp_path: Path) -> None:
    marker, structure = tmp_path / "pid", tmp_path / "structure.pkl"
    structure.write_bytes(pickle.dumps(Exploit(marker)))
    assert trained.weights is not None
    demand = SandboxDemand(least="partial", most="weak")
    with pytest.raises(SandboxTooWeak):
        ModelSession(trained.weights, structure, SessionSettings(sandbox=demand))
    assert not marker.exists()


@pytest.mark.slow
def test_a_device_that_is_not_here_is_refused(save: Callable[[str], Saved]) -> None:
    with pytest.raises(DeviceUnavailable, match="cuda:97"):
        ModelSession(*save("Lengths"), SessionSettings(device="cuda:97"))


def test_a_checkpoint_that_is_not_here_is_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointMissing, match="weights"):
        ModelSession(tmp_path / "weights.safetensors", tmp_path / "structure.pkl")


@pytest.mark.slow
def test_a_session_can_be_limited(save: Callable[[str], Saved]) -> None:
    settings = SessionSettings(limits=Limits(wall_seconds=0.3))
    with pytest.raises(RunUnsuccessful, match=r"limit of 0\.3 s"):
        ModelSession(*save("Lengths"), settings)


def test_the_limits_of_a_session_end_it(trained: TrainingResult) -> None:
    settings = SessionSettings(limits=Limits(processes=1))
    with pytest.raises(RunUnsuccessful, match="processes and threads, and its limit is 1"):
        ModelSession(trained.weights, trained.structure, settings)
