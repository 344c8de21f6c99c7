"""Which starters are offered for which data, and the record that is saved from one."""

import json
import subprocess
import sys
from typing import Any

import pytest

from trainstore.errors import InvalidData
from trainstore.generation.starters_catalogue import Starter, all_starters, fitting_starters, starter_record

TABLE = {"data_type": "numpy_array", "shape": [150, 4], "is_tabular": True}
IMAGES = {"data_type": "torch_tensor", "shape": [1797, 1, 8, 8], "is_image": True}
SEQUENCES = {"data_type": "numpy_array", "shape": [1096, 24, 1], "is_sequence": True}
RAGGED = {"data_type": "sequence_list", "shape": [640, None, 12], "is_sequence": True}


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (TABLE, ["MLP"]),
        (IMAGES, ["SimpleCNN", "MLP"]),
        (SEQUENCES, ["BiLSTM_Attention", "TransformerEncoder", "MLP"]),
        (RAGGED, ["TransformerEncoder"]),
    ],
)
def test_starters_that_take_the_data_come_best_first(
    profile: dict[str, Any], expected: list[str], task: str
) -> None:
    complete = {**profile, "has_labels": True, "metadata": {"task": task}}
    assert [starter.model_name for starter in fitting_starters(complete)] == expected


def test_a_profile_without_task_and_labels_is_taken_at_its_shape() -> None:
    assert fitting_starters(TABLE)[0].model_name == "MLP"
    assert fitting_starters({**TABLE, "metadata": None})[0].model_name == "MLP"


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        ({"data_type": "numpy_array", "shape": [9, 1, 8, 8, 8]}, r"\[9, 1, 8, 8, 8\]"),
        ({}, "shape None"),
        ({**TABLE, "has_labels": False}, "no targets"),
        ({**TABLE, "metadata": {"task": "ranking"}}, "'ranking'"),
    ],
)
def test_data_that_no_starter_takes_is_refused_with_a_hint(profile: dict[str, Any], told: str) -> None:
    with pytest.raises(InvalidData, match=told) as refused:
        fitting_starters(profile)
    assert refused.value.hint


@pytest.mark.parametrize("starter", all_starters(), ids=lambda starter: starter.model_name)
def test_the_record_has_the_format_s_keys_in_order_and_survives_json(starter: Starter) -> None:
    record = starter_record(starter, TABLE, 1704067200)
    assert list(record) == [
        "model_name",
        "training_code",
        "bo_config",
        "confidence",
        "data_profile",
        "timestamp",
        "metadata",
    ]
    assert record["metadata"] == {
        "generated_by": "trainstore starter",
        "api_model": "none",
        "version": "1.0",
    }
    assert (record["data_profile"], record["timestamp"]) == (TABLE, 1704067200)
    assert json.loads(json.dumps(record)) == record


def test_changing_a_record_leaves_the_starter_as_it_is() -> None:
    starter = all_starters()[0]
    starter_record(starter, TABLE, 0)["bo_config"]["lr"]["default"] = 1.0
    assert starter.bo_config["lr"]["default"] != 1.0


def test_choosing_a_starter_imports_no_torch() -> None:
    code = (
        "import sys; from trainstore.generation.starters_catalogue import all_starters;"
        "assert len(all_starters()) == 4; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
