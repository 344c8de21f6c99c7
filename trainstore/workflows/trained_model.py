"""A trained model as the caller holds it: it answers, but its code runs in a worker process."""

import shutil
import weakref
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO

from trainstore.execution.passing_folder import passing_folder

if TYPE_CHECKING:
    import torch

    from trainstore.execution.model_session import ModelSession


class TrainedModel:
    """Weights and structure of a trained model. The worker starts with the first forward pass.

    Args:
        weights: the safetensors file.
        structure: the file that only a worker loads.
        device: where forward passes run.
        allow_weak_sandbox: run them on a machine that cannot keep the model's code from the user's files, too.
    """

    def __init__(
        self, weights: Path, structure: Path, device: str, *, allow_weak_sandbox: bool = False
    ) -> None:
        self._weights = weights
        self._structure = structure
        self._device = device
        self._allow_weak_sandbox = allow_weak_sandbox
        self._session: ModelSession | None = None

    @classmethod
    def copied_from(
        cls, weights: BinaryIO, structure: BinaryIO, device: str, *, allow_weak_sandbox: bool = False
    ) -> "TrainedModel":
        """Make a model of open files that will go away; its copies go with the model."""
        opened = ExitStack()
        folder = opened.enter_context(passing_folder("model"))
        for name, file in (("weights.safetensors", weights), ("structure.pkl", structure)):
            file.seek(0)
            with (folder / name).open("wb") as copy:
                shutil.copyfileobj(file, copy)
        files = folder / "weights.safetensors", folder / "structure.pkl"
        model = cls(*files, device, allow_weak_sandbox=allow_weak_sandbox)
        weakref.finalize(model, opened.close)
        return model

    def __call__(self, X: Any) -> "torch.Tensor":
        """Return the model's outputs for inputs like those it was trained on, in evaluation mode, without gradients.

        Args:
            X: numpy array or torch tensor, or a list of them with unequal lengths.

        Raises:
            RunUnsuccessful: the model cannot make this forward pass.
        """
        import torch

        from trainstore.profiling.from_arrays import features_from

        return torch.from_numpy(self._started().predict(features_from(X)))

    def state_dict(self) -> "dict[str, torch.Tensor]":
        """Return the weights by name, on the CPU; of tied weights, the one name they are stored under."""
        from safetensors.torch import load_file

        tensors: dict[str, torch.Tensor] = load_file(self._weights)
        return tensors

    def eval(self) -> "TrainedModel":
        """Return the model itself: it always evaluates."""
        return self

    def close(self) -> None:
        """End the worker; the next forward pass starts another."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def __enter__(self) -> "TrainedModel":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> "ModelSession":
        if self._session is None:
            from trainstore.execution.model_session import ModelSession, SessionSettings
            from trainstore.execution.sandbox.levels import sandbox_demand

            settings = SessionSettings(device=self._device, sandbox=sandbox_demand(self._allow_weak_sandbox))
            self._session = ModelSession(self._weights, self._structure, settings)
            weakref.finalize(self, self._session.close)
        return self._session
