"""Functions that demand CUDA, or forget an import, in real workers: what is recorded, and what is refused."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import pytest

from trainstore.errors import DeviceUnavailable
from trainstore.execution.model_session import ModelSession
from trainstore.execution.request import TrainingResult

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers need POSIX")

Train = Callable[..., AbstractContextManager[TrainingResult]]


@pytest.mark.slow
def test_the_record_names_what_was_mapped_and_the_model_answers(
    train: Train, corpus: dict[str, str], data: Callable[[str], Any]
) -> None:
    parts = data("table")
    with train(corpus["table_moves_in_its_forward_pass"], parts=parts) as result:
        assert result.outcome == "succeeded", result.error
        assert result.device["used"] == "cpu"
        assert result.device["mapped"] is True
        assert ".cuda()" in result.device["mapped_names"]
        assert result.missing_imports == []
        assert result.weights is not None and result.structure is not None
        with ModelSession(result.weights, result.structure) as model:
            outputs = model.predict(parts["val"].X)
        accuracy = (outputs.argmax(1) == parts["val"].y).mean()
        assert np.float32(accuracy) == np.float32(result.metrics["accuracy"])


@pytest.mark.slow
def test_processes_that_a_loader_starts_anew_are_mapped_and_have_the_names(
    train: Train, corpus: dict[str, str], data: Callable[[str], Any]
) -> None:
    code = (
        corpus["image_spawned_loaders"]
        .replace('"spawn"', '"forkserver"')
        .replace("from torch import nn\n", "")
    )
    code = code.replace(
        "MEAN = torch.tensor([0.5]).cuda()", "MEAN = torch.tensor(np.array([0.5], np.float32)).cuda()"
    )
    with train(code, parts=data("image")) as result:
        assert result.outcome == "succeeded", (result.error, result.output_tail)
        assert result.device["mapped"] is True
        assert result.missing_imports == ["nn", "np"]


def test_names_that_the_code_binds_are_its_own(train: Train) -> None:
    code = """
import torch

def nn_linear():
    return nn.Linear(2, 2)

F = "its own"

def train_model(X_train, y_train, X_val, y_val, device):
    return nn_linear(), {"own": F == "its own", "used": int(np.sum([1, 2]))}
"""
    with train(code) as result:
        assert result.outcome == "succeeded", result.error
        assert result.metrics == {"own": True, "used": 3}
        assert result.missing_imports == ["nn", "np"]
        assert result.device == {"requested": "cpu", "used": "cpu", "mapped": False, "mapped_names": []}


def test_code_that_only_a_gpu_runs_is_refused_before_it_starts(train: Train) -> None:
    code = "print('ran')\nimport torch\nfrom torch.utils.cpp_extension import load_inline\n"
    code += "kernel = load_inline(name='k', cpp_sources='', cuda_sources='')\n"
    lines: list[str] = []
    sentence = "line 4 builds a CUDA kernel, which only runs on a GPU; this run is on cpu"
    with pytest.raises(DeviceUnavailable, match=sentence) as refused, train(code, lines.append):
        pass
    assert lines == []
    assert "NVIDIA GPU" in refused.value.hint
