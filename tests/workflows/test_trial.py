"""Trials: of the starters on made-up data, and whose fault it is when one ends."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import DeviceUnavailable, TrainstoreError
from trainstore.execution.outcome import Outcome
from trainstore.execution.request import TrainingResult
from trainstore.generation.starters_catalogue import all_starters
from trainstore.profiling.stand_in_data import stand_in_split
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.generating.rejected import keep_rejected
from trainstore.workflows.generating.trial import TrialData, fault_of, one_epoch, try_function
from trainstore.workflows.run import Listener

OPTIONS = GenerateOptions(device="cpu", allow_weak_sandbox=True, trial_timeout_s=7)
PROFILES: dict[str, dict[str, Any]] = {
    "MLP": {"shape": [9, 6], "label_count": None},
    "SimpleCNN": {"shape": [9, 1, 8, 8], "label_count": 3},
    "TransformerEncoder": {"data_type": "sequence_list", "shape": [9, None, 2], "label_count": 2},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PROFILES)
def test_a_starter_passes_on_data_made_up_for_it(name: str) -> None:
    starter = next(starter for starter in all_starters() if starter.model_name == name)
    profile = PROFILES[name]
    classes = profile["label_count"]
    data = TrialData(stand_in_split(profile), "classification" if classes else "regression", classes)
    printed: list[str] = []
    options = GenerateOptions(device="cpu", allow_weak_sandbox=True)
    space = {key: dict(entry) for key, entry in starter.bo_config.items()}
    trial = try_function(starter.training_code, space, data, options, Listener(on_output=printed.append))
    assert trial.faults == []
    assert trial.facts["weight_bytes"] > 0 and trial.facts["device"] == "cpu"
    assert [line.partition(":")[0] for line in printed] == ["epoch 1/1"]


@pytest.mark.slow
def test_quantised_weights_count_as_the_models_size() -> None:
    code = """
import torch
from torch import nn

def train_model(X_train, y_train, X_val, y_val, device):
    model = nn.Sequential(nn.Linear(X_train.shape[1], 5000), nn.Linear(5000, 1)).eval()
    return torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8), {}
"""
    data = TrialData(stand_in_split(PROFILES["MLP"]), "regression", None)
    options = GenerateOptions(device="cpu", allow_weak_sandbox=True, max_model_kb=50)
    trial = try_function(code, {}, data, options, Listener())
    assert trial.facts["weight_bytes"] == 7 * 5000 + 4 * 5001 + 2 * 12
    assert [fault.what for fault in trial.faults] == [
        "the model's weights take 55 kB, and at most 50 kB are wanted"
    ]


def test_a_device_that_is_not_here_is_not_the_functions_fault() -> None:
    starter = all_starters()[0]
    space = {key: dict(entry) for key, entry in starter.bo_config.items()}
    data = TrialData(stand_in_split(PROFILES["MLP"]), "regression", None)
    options = GenerateOptions(device="cuda:99", allow_weak_sandbox=True)
    with pytest.raises(DeviceUnavailable):
        try_function(starter.training_code, space, data, options, Listener())


@pytest.mark.parametrize(
    "name",
    ["epochs", "num_epochs", "n_epochs", "max_epochs", "epoch", "EPOCHS", "train_epochs", "total_epochs"],
)
def test_the_number_of_epochs_is_one_in_a_trial_whatever_its_name(name: str) -> None:
    assert one_epoch({name: 50, "lr": 0.1}) == {name: 1, "lr": 0.1}


@pytest.mark.parametrize("name", ["warmup_epochs", "patience_epochs", "epochs_per_cycle", "lr"])
def test_what_only_speaks_of_epochs_stays(name: str) -> None:
    assert one_epoch({name: 5}) == {name: 5}


def ended(outcome: Outcome, reason: str, message: str | None = None, traceback: str = "") -> TrainingResult:
    error = None if message is None else {"type": "RuntimeError", "message": message, "traceback": traceback}
    nothing: dict[str, Any] = {field.name: None for field in fields(TrainingResult)}
    return TrainingResult(**nothing | {"outcome": outcome, "reason": reason, "error": error})


@pytest.mark.parametrize(
    "result",
    [
        ended("out_of_memory", "the system ran out of memory and ended it"),
        ended("out_of_memory", "RuntimeError: no memory", "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes"),
        ended("out_of_memory", "OutOfMemoryError: CUDA", "CUDA out of memory. Tried to allocate 2.00 MiB. GPU 0 has 1 MiB free"),
        ended("out_of_memory", "MemoryError", ""),
        ended("killed", "the worker was ended by SIGKILL; the system may have been out of memory"),
        ended("killed", "the process that watched the run was killed"),
        ended("killed", "the worker was ended by SIGBUS; a file that is kept in memory may have had no room"),
    ],
    ids=lambda result: result.reason,
)  # fmt: skip
def test_what_the_machine_lacks_is_not_held_against_the_function(result: TrainingResult) -> None:
    with pytest.raises(TrainstoreError, match="not held against the function"):
        fault_of(result, OPTIONS)


@pytest.mark.parametrize(
    ("result", "what"),
    [
        (ended("timed_out", "it ran past its limit of 7 s"), "did not end within 7 s"),
        (ended("out_of_memory", "it used 60 GiB of memory, and its limit is 58 GiB"), "ended with out of memory"),
        (ended("out_of_memory", "RuntimeError: no", "you tried to allocate 9000000000000000 bytes"), "raised RuntimeError"),
        (ended("killed", "the worker was ended by SIGSEGV"), "ended with killed"),
        (ended("output_limit", "it printed more than 64 MiB"), "ended with output limit"),
        (ended("invalid_result", "train_model returned 3 values, not (model, metrics)"), "returned 3 values"),
    ],
    ids=lambda value: value.reason if isinstance(value, TrainingResult) else "",
)  # fmt: skip
def test_what_the_function_did_goes_back_to_the_model(result: TrainingResult, what: str) -> None:
    assert what in fault_of(result, OPTIONS).what


def test_a_fault_has_the_last_line_of_the_function_and_the_end_of_the_traceback() -> None:
    frames = '  File "training_function.py", line 3, in a\n  File "/x/torch/nn.py", line 99, in b\n' * 200
    fault = fault_of(ended("failed", "KeyError: 'x'", "'x'", f"{frames}KeyError: 'x'"), OPTIONS)
    assert fault.line == 3 and fault.what.endswith("KeyError: 'x'") and len(fault.what) < 2600


def test_rejected_replies_are_kept_within_bounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_code: Callable[[int], str]
) -> None:
    folder = tmp_path / "rejected"
    digests = [keep_rejected(folder, make_code(number), ["why"], {"repair": number}) for number in range(205)]
    assert len(set(digests)) == 205
    kept = sorted(folder.iterdir())
    assert len(kept) == 200
    assert digests[-1].removeprefix("sha256:")[:8] in kept[-1].name
    assert '"repair": 204' in kept[-1].read_text() and '"repair": 5' in kept[0].read_text()
    keep_rejected(folder, "\ud800", [], {})
    (tmp_path / "file").write_text("")
    keep_rejected(tmp_path / "file", "cannot be kept", [], {})
