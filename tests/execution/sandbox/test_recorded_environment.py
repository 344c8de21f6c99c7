"""Workers in an environment that a run recorded, at every level of the sandbox."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore.execution.model_session import ModelSession, SessionSettings
from trainstore.execution.request import TrainingResult
from trainstore.execution.runtime import Runtime
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.execution.sandbox.view import worker_view

Train = Callable[..., AbstractContextManager[TrainingResult]]

CODE = """
import cloudpickle, shades, torch

def can_read(path):
    try:
        return bool(open(path).read())
    except OSError:
        return False

def train_model(X_train, y_train, X_val, y_val, device):
    print("from", cloudpickle.__file__, torch.__file__)
    assert callable(exit)
    return torch.nn.Linear(4, 3), {
        "shade": shades.VALUE,
        "reads_beside": can_read(BESIDE),
    }
"""


@pytest.mark.slow
def test_the_worker_has_what_was_recorded_and_nothing_of_it_ran_before_it_was_confined(
    train: Train, demand: SandboxDemand, recorded_environment: Any
) -> None:
    environment = recorded_environment
    environment.mark.unlink(missing_ok=True)
    runtime = Runtime(environment.interpreter)
    beside = f"BESIDE = {str(environment.folder / 'pyvenv.cfg')!r}\n"
    with train(beside + CODE, sandbox=demand, runtime=runtime) as result:
        assert result.outcome == "succeeded", (result.reason, result.output_tail)
        assert result.sandbox["level"] == demand.most
        packages = result.environment["packages"]
        assert packages["cloudpickle"] == environment.recorded["packages"]["cloudpickle"]
        assert packages["torch"] == environment.recorded["packages"]["torch"]
        assert result.environment["imports"] == ["cloudpickle", "shades", "torch"]
        assert result.metrics["shade"] == 7
        from_there, from_here = result.output_tail.partition("from ")[2].split()[:2]
        assert from_there.startswith(f"{environment.folder}/lib/")
        assert not from_here.startswith(str(environment.folder))
        if demand.most != "weak":
            assert not environment.mark.exists()
            assert result.metrics["reads_beside"] is False
        settings = SessionSettings(sandbox=demand, runtime=runtime)
        assert result.weights is not None and result.structure is not None
        with ModelSession(result.weights, result.structure, settings) as session:
            assert session.predict(np.ones((2, 4), np.float32)).shape == (2, 3)


@pytest.mark.slow
def test_of_the_cache_only_that_environment_is_seen(recorded_environment: Any) -> None:
    folder = recorded_environment.folder
    readable = [Path(path) for path in worker_view(recorded_environment.interpreter).readable]
    assert [path for path in readable if path == folder or folder in path.parents] == [folder / "lib"]
    assert not set(readable) & set(folder.parents)
