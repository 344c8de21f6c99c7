"""Whole records of runs and studies for tests, of which each says only what matters to it."""

from typing import Any

from trainstore.records.run_record import RunRecord
from trainstore.records.search_space import Real
from trainstore.records.study import StudyHeader

RUN_ID = "20240101T000000Z-3fa9c1"
VERSION = {
    "timestamp": 1704067200,
    "path": "generated_training_functions/numpy_array/Net/training_function_numpy_array_Net_1704067200.json",
    "commit": "0" * 40,
    "code_digest": f"sha256:{'c' * 64}",
    "space_digest": f"sha256:{'d' * 64}",
}
DATA = {
    "source": "sklearn:iris",
    "target": None,
    "task": "classification",
    "classes": ["a", "b"],
    "digest": f"sha256:{'1' * 64}",
    "split": {
        "kind": "stratified",
        "seed": 0,
        "fractions": {"train": 0.6, "val": 0.2, "test": 0.2},
        "counts": {"train": 90, "val": 30, "test": 30},
        "digests": {"train": "sha256:2", "val": "sha256:3", "test": "sha256:4"},
        "reason": None,
    },
    "pinned": None,
}
_PARTS: dict[str, dict[str, Any]] = {
    "version": VERSION,
    "data": {**DATA, "features": None},
    "device": {"requested": "auto", "used": "cpu", "mapped": False, "mapped_names": []},
    "scoring": {
        "outcome": "succeeded",
        "reason": None,
        "probabilities": False,
        "swapped_axes": False,
        "claim": None,
        "undescribed": None,
    },
    "sandbox": {"level": "strong", "layers": ["landlock"], "missing": {}},
}


def sample_run(**told: Any) -> RunRecord:
    """Return a run that succeeded; of its objects, those keys can be told that matter."""
    parts = {name: {**part, **told.pop(name, {})} for name, part in _PARTS.items()}
    fields: dict[str, Any] = {
        "run_id": RUN_ID, "action": "run", "function": "numpy_array/Net", "outcome": "succeeded", "reason": None,
        "error": None, "hyperparameters": {}, "chosen": {}, "left_out": [], "out_of_range": [], "seed": 0,
        "threads": 1, "timeout_s": None, "environment": {}, "claimed_metrics": {}, "curves": {}, "unrecorded": [],
        "scored_metrics": None, "checkpoint": None, "weights_digest": None, "output": "",
        "started_at": "2024-01-01T00:00:00Z", "duration_s": 1.0,
    }  # fmt: skip
    return RunRecord(**{**fields, **parts, **told})


def sample_study(**told: Any) -> StudyHeader:
    """Return the header of a study, likewise."""
    fields: dict[str, Any] = {
        "study_id": RUN_ID, "function": "numpy_array/Net", "version": VERSION, "data": DATA, "trials": 40,
        "started_at": "2024-01-01T00:00:00Z", "space": {"lr": Real(0.001, 1e-6, 0.1, "log-uniform")},
        "surrogate": "rf", "initial": 10, "seed": 0, "device": "cpu", "threads": 1,
    }  # fmt: skip
    return StudyHeader(**{**fields, **told})
