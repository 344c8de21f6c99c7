"""Trying a proposed function: one epoch on a slice of the data, in the sandbox, and predictions from what came out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trainstore.errors import TrainstoreError
from trainstore.execution.job_folder import FUNCTION_MODULE
from trainstore.execution.judgement import by_the_system
from trainstore.execution.limits import Limits
from trainstore.execution.request import TrainingRequest, TrainingResult
from trainstore.execution.run_training import run_training
from trainstore.execution.sandbox.levels import sandbox_demand
from trainstore.generation.check_candidate import Fault
from trainstore.machine import memory_bytes
from trainstore.records.datasets import Split, Task
from trainstore.records.search_space import decode_space
from trainstore.records.training_code import plan_call, read_signature
from trainstore.workflows.generating.options import GenerateOptions
from trainstore.workflows.run import Listener
from trainstore.workflows.score import score_model

_EPOCHS = re.compile(r"((n|num|nb|number_of|max|total|train|training)_?)?epochs?", re.IGNORECASE)
_LINE = re.compile(rf'File "{FUNCTION_MODULE}\.py", line (\d+)')
_ASKED_FOR = re.compile(r"allocate ([0-9.]+) ?(bytes|[KMGT]iB)")
_UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_LONGEST_TRACEBACK = 2_500


@dataclass(frozen=True)
class TrialData:
    """What a function is tried on.

    Attributes:
        split: ``train`` and ``val``, small.
        task: decides the scores.
        classes: how many there are; None for regression.
    """

    split: Split
    task: Task
    classes: int | None


@dataclass(frozen=True)
class Trial:
    """What came of a trial: what must change, or else facts for the record."""

    faults: list[Fault]
    facts: dict[str, Any] = field(default_factory=dict)


def try_function(
    code: str, bo_config: Mapping[str, Any], data: TrialData, options: GenerateOptions, listener: Listener
) -> Trial:
    """Train one epoch on little data and ask the model for predictions.

    Raises:
        DeviceUnavailable, SandboxTooWeak: it cannot be tried here as wanted.
        TrainstoreError: the machine's fault: it ran out of memory, or somebody ended the worker.
    """
    call = plan_call(read_signature(code), decode_space(bo_config), {})
    request = TrainingRequest(
        code=code,
        parts=data.split.parts,
        hyperparameters=one_epoch(call.hyperparameters),
        device=options.device,
        limits=Limits(wall_seconds=options.trial_timeout_s),
        sandbox=sandbox_demand(options.allow_weak_sandbox),
    )
    listener.on_step("trying one epoch on a slice of the data, in the sandbox")
    with run_training(request, listener.on_output) as result:
        if result.outcome != "succeeded":
            return Trial([fault_of(result, options)])
        return _judge_model(result, data, options)


def one_epoch(hyperparameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return hyperparameters with 1 for the number of epochs, under each of the names that it goes by."""
    return {name: 1 if _EPOCHS.fullmatch(name) else value for name, value in hyperparameters.items()}


def _judge_model(result: TrainingResult, data: TrialData, options: GenerateOptions) -> Trial:
    validation = Split({"val": data.split.parts["val"]})
    sandbox = sandbox_demand(options.allow_weak_sandbox)
    scores = score_model(result, validation, data.task, data.classes, sandbox)
    size = scores.model.inference_bytes if scores.model else None
    faults = [Fault(f"it uses {name} without importing it") for name in result.missing_imports]
    if size and options.max_model_kb is not None and size > options.max_model_kb * 1000:
        faults.append(
            Fault(
                f"the model's weights take {size / 1000:.0f} kB, and at most {options.max_model_kb} kB are wanted"
            )
        )
    if scores.outcome != "succeeded":
        why = (scores.reason or "").removeprefix("claim not reproduced: ")
        faults.append(
            Fault(
                "train_model ran, but the model that it returned could not predict on raw X, loaded into another "
                f"process and asked as model(X): {why}"
            )
        )
    elif size is None and options.max_model_kb is not None:
        faults.append(Fault(f"the size of its model cannot be told: {scores.undescribed}"))
    facts = {
        "device": result.device["used"],
        "device_mapped": result.device["mapped"],
        "sandbox": result.sandbox["level"],
        "seconds": round(result.duration_s, 3),
        "weight_bytes": size,
    }
    return Trial(faults, facts)


def fault_of(result: TrainingResult, options: GenerateOptions) -> Fault:
    """Return what an unsuccessful trial tells of the function.

    Raises:
        TrainstoreError: it tells of the machine instead.
    """
    reason = result.reason or result.outcome
    if _is_the_machines(result):
        raise TrainstoreError(
            f"The trial run ended for want of resources, which is not held against the function: {reason}",
            "Free memory, or choose another --device; nothing was saved.",
        )
    if result.outcome == "timed_out":
        return Fault(
            f"training on a few hundred samples did not end within {options.trial_timeout_s:g} s; "
            'it is one epoch where a hyperparameter "epochs" says how many'
        )
    if result.error is None:
        return Fault(f"the trial run ended with {result.outcome.replace('_', ' ')}: {reason}")
    lines = _LINE.findall(result.error["traceback"])
    traceback = result.error["traceback"].strip()[-_LONGEST_TRACEBACK:]
    return Fault(f"the trial run raised {reason}\n{traceback}", int(lines[-1]) if lines else None)


def _is_the_machines(result: TrainingResult) -> bool:
    reason = result.reason or ""
    if result.outcome == "killed":
        return by_the_system(reason)  # that is not held against the function
    if result.outcome != "out_of_memory" or reason.startswith("it used"):
        return False  # the last is its own limit, on a slice that is small
    asked = _ASKED_FOR.search(result.error["message"] if result.error else "")
    return asked is None or float(asked[1]) * _UNITS[asked[2]] < memory_bytes()
