import tomllib
from pathlib import Path
from typing import Any

import pytest

from trainstore.disk_format.moments import Age, Date
from trainstore.errors import UsageError
from trainstore.retention.policies import Policies, parse_policies
from trainstore.retention.policy import Policy
from trainstore.retention.scores import METRICS, RunFacts, merit, more_is_better
from trainstore.settings import read_settings


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"keep_last": 0}, "keep-last"),
        ({"keep_best": -1}, "keep-best"),
        ({"min_confidence": 1.5}, "min-confidence"),
        ({"min_confidence": float("nan")}, "min-confidence"),
        ({"unsuccessful": True, "below": float("nan")}, "below"),
        ({"unsuccessful": True, "below": float("inf")}, "below"),
        ({"below": 0.5}, "below"),
        ({"unsuccessful": True, "never_ran": True}, "never ran"),
        ({"keep_best": 1, "metric": "lossy"}, "lossy"),
        ({"keep_last": 1, "metric": "mse"}, "metric"),
    ],
)
def test_a_policy_that_makes_no_sense_cannot_be_made(fields: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        Policy(**fields)


@pytest.mark.parametrize("metric", METRICS)
def test_of_every_metric_it_is_known_which_way_is_better(metric: str) -> None:
    less_is_better = metric.removeprefix("validation_") in {"mse", "mae", "log_loss"}
    assert more_is_better(metric) != less_is_better
    low, high = (merit(RunFacts("x", True, metrics={metric: value}), metric) for value in (0.1, 0.9))
    assert low is not None and high is not None and (low > high) == less_is_better


def test_the_metrics_are_those_that_are_scored() -> None:
    import numpy as np

    from trainstore.execution.scoring import score

    truth = np.array([0, 1, 1, 0])
    classes = score("classification", np.eye(2)[truth], truth)
    values = score("regression", truth.astype(float), truth.astype(float))
    assert set(METRICS) == {f"{part}{name}" for part in ("", "validation_") for name in {**classes, **values}}


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_has_no_merit(value: float | None) -> None:
    assert merit(RunFacts("x", True, score=value), None) is None
    assert merit(RunFacts("x", True), "mse") is None
    assert merit(RunFacts("x", False, score=0.9), None) is None


FILE = """
[retention]
older-than = "90d"
keep-last = 3

[retention.data-type.sequence_list]
keep-within = "26w"
keep-best = 2
metric = "validation_mse"

[retention.function.BiLSTM]
older-than = 2026-01-01
unsuccessful = true
below = 1
include-current = true

[retention.function."numpy_array/MLP, wide"]
"""


def parse(text: str) -> Policies:
    return parse_policies(tomllib.loads(text).get("retention", {}))


class TestPoliciesOfAFile:
    def test_the_narrowest_one_stands_alone(self) -> None:
        policies = parse(FILE)
        common = Policy(older_than=Age(90 * 86400, "90d"), keep_last=3)
        sequences = Policy(keep_within=Age(26 * 604800, "26w"), keep_best=2, metric="validation_mse")
        own = Policy(
            older_than=Date(1767225600, "2026-01-01"), unsuccessful=True, below=1.0, include_current=True
        )
        assert policies.of("numpy_array", "Net") == common
        assert policies.of("sequence_list", "Net") == sequences
        assert policies.of("numpy_array", "BiLSTM") == policies.of("sequence_list", "BiLSTM") == own
        assert policies.of("numpy_array", "MLP, wide") is None
        assert policies.of("sequence_list", "MLP, wide") == sequences
        assert policies.all() == [common, sequences, own]

    def test_the_whole_name_goes_before_the_short_one(self) -> None:
        policies = parse(
            '[retention.function.Net]\nkeep-last = 1\n[retention.function."t/Net"]\nkeep-last = 2'
        )
        assert policies.of("t", "Net") == Policy(keep_last=2)
        assert policies.of("u", "Net") == Policy(keep_last=1)
        assert policies.of("u", "Other") is None

    def test_names_that_nothing_has_are_told(self) -> None:
        policies = parse(FILE)
        assert policies.unmatched([("numpy_array", "BiLSTM"), ("sequence_list", "x")]) == [
            "numpy_array/MLP, wide"
        ]
        assert policies.unmatched([("numpy_array", "MLP, wide")]) == ["BiLSTM", "sequence_list"]

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("[retention]\nkeep-lats = 1", "keep-last"),
            ("[retention]\nkeep_last = 1", "keep-last"),
            ("[retention]\nkeep-last = '1'", "whole number"),
            ("[retention]\nkeep-last = true", "whole number"),
            ("[retention]\nkeep-last = 1.0", "whole number"),
            ("[retention]\nunsuccessful = 1", "true or false"),
            ("[retention]\nolder-than = 30", "not text"),
            ("[retention]\nolder-than = 'long ago'", "long ago"),
            ("[retention]\nkeep-within = '2026-01-01'", "2026-01-01"),
            ("[retention]\nkeep-last = 0", "keep-last"),
            ("[retention]\nunsuccessful = false", "empty"),
            (f"[retention]\nunsuccessful = true\nbelow = 1{'0' * 400}", "too large"),
            ("[retention]\nmin-confidence = nan", "nan"),
            ("[retention]\nfunction = 1", "retention.function"),
            ("[retention.function]\nNet = 1", "retention.function.Net"),
            ("[retention.data-type.t]\nkeep-best = 1\nmetric = 'x'", "retention.data-type.t"),
        ],
    )
    def test_what_is_wrong_is_named(self, text: str, word: str) -> None:
        with pytest.raises(UsageError) as raised:
            parse(text)
        assert word in f"{raised.value.message} {raised.value.hint}"


class TestTheSettingsFile:
    def test_a_store_needs_none(self, tmp_path: Path) -> None:
        assert read_settings(tmp_path).retention == {}
        (tmp_path / "trainstore.toml").write_text("[other]\nkey = 1\n")
        assert read_settings(tmp_path).retention == {}

    def test_its_table_is_read(self, tmp_path: Path) -> None:
        (tmp_path / "trainstore.toml").write_text("[retention]\nkeep-last = 3\n")
        assert read_settings(tmp_path).retention == {"keep-last": 3}

    @pytest.mark.parametrize(
        "content", [b"[retention", b"\xff", b"retention = 1", b"a = " + b"[" * 100_000, b"[a]\n[a]"]
    )
    def test_one_that_is_broken_is_told(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "trainstore.toml").write_bytes(content)
        with pytest.raises(UsageError, match=r"trainstore\.toml"):
            read_settings(tmp_path)

    def test_a_folder_in_its_place_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "trainstore.toml").mkdir()
        with pytest.raises(UsageError, match="cannot be read"):
            read_settings(tmp_path)
