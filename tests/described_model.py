"""A model that is saved, restored and described as workers do it, here without a worker."""

import os
import types
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trainstore.execution.model_claim import read_model_claim
from trainstore.execution.worker.checkpoint import save_checkpoint
from trainstore.execution.worker.model_description import describe_model
from trainstore.execution.worker.restored_model import restore_model
from trainstore.records.model_facts import ModelFacts


def described(model: nn.Module, given: Any, code: types.ModuleType, folder: Path) -> ModelFacts:
    """Return what is told of a model.

    Args:
        given: what a forward pass gets.
        code: the module that its classes stand in, as ``training_function`` in ``sys.modules``.
    """
    paths = folder / "weights", folder / "structure"
    files = [os.open(path, os.O_CREAT | os.O_RDWR | os.O_TRUNC, 0o600) for path in paths]
    save_checkpoint(model, code, *files)
    restored = restore_model(*files, torch.device("cpu"))
    with torch.no_grad():
        body = describe_model(restored, lambda: restored.module(given))
    for file in files:
        os.close(file)
    with paths[0].open("rb") as weights, paths[1].open("rb") as structure:
        return read_model_claim(body, weights, structure)
