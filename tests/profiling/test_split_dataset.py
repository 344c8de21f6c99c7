"""Division: seeded, covering, without overlap, stratified where it can be."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainstore.errors import InvalidData, UsageError
from trainstore.profiling.build_dataset import build_dataset
from trainstore.profiling.data_digest import part_digest
from trainstore.profiling.from_arrays import from_arrays
from trainstore.profiling.load_dataset import load_dataset
from trainstore.profiling.raw_data import RawData, RawPart
from trainstore.profiling.split_dataset import SMALLEST, split_dataset
from trainstore.records.datasets import Dataset, Sequences, Split


def whole(y: object, count: int) -> Dataset:
    """A data set whose only feature is the place of each sample."""
    return build_dataset(RawData({"all": RawPart(np.arange(count)[:, None], y)}), source="made")


def places(split: Split) -> dict[str, list[int]]:
    return {name: part.X[:, 0].astype(int).tolist() for name, part in split.parts.items()}  # type: ignore[index]


@settings(deadline=None)
@given(members=st.lists(st.integers(1, 30), min_size=1, max_size=8), seed=st.integers(0, 2**32 - 1))
def test_parts_cover_all_samples_once_keep_their_targets_and_repeat_by_seed(
    members: list[int], seed: int
) -> None:
    y = np.repeat(np.arange(len(members)), members)
    if len(y) < SMALLEST:
        return
    dataset = whole(y, len(y))
    split = split_dataset(dataset, seed)
    divided = places(split)
    assert sorted(place for part in divided.values() for place in part) == list(range(len(y)))
    held_out = round(len(y) / 5)
    assert split.recorded["counts"] == {"train": len(y) - 2 * held_out, "val": held_out, "test": held_out}
    for name, part in split.parts.items():
        assert part.y.tolist() == y[divided[name]].tolist()
    stratified = min(members) >= SMALLEST
    assert split.recorded["kind"] == ("stratified" if stratified else "random")
    assert (split.recorded["reason"] is None) == stratified
    if stratified:
        for name, fraction in split.recorded["fractions"].items():
            counts = np.bincount(split.parts[name].y, minlength=len(members))  # type: ignore[index]
            assert np.all(np.abs(counts - np.array(members) * fraction) < 2)
        assert set(split.parts["train"].y) == set(y)
    assert split_dataset(dataset, seed).recorded == split.recorded


def test_another_seed_divides_otherwise() -> None:
    dataset = load_dataset("sklearn:iris")
    assert split_dataset(dataset, 0).recorded["digests"] != split_dataset(dataset, 1).recorded["digests"]


def test_the_division_of_a_known_data_set_never_changes() -> None:
    split = split_dataset(whole(np.tile([0, 1], 10), 20), 0)
    assert places(split) == {
        "train": [14, 6, 1, 18, 8, 17, 16, 5, 13, 7, 19, 4],
        "val": [3, 2, 11, 12],
        "test": [0, 15, 10, 9],
    }


def test_what_is_recorded_is_complete_and_plain() -> None:
    split = split_dataset(load_dataset("sklearn:wine"), 7)
    recorded = dict(split.recorded)
    assert json.loads(json.dumps(recorded)) == recorded
    assert recorded.pop("digests") == {name: part_digest(part) for name, part in split.parts.items()}
    assert recorded == {
        "kind": "stratified",
        "seed": 7,
        "fractions": {"train": 0.6, "val": 0.2, "test": 0.2},
        "counts": {"train": 106, "val": 36, "test": 36},
        "reason": None,
    }


@pytest.mark.parametrize(
    ("y", "reason"),
    [
        (np.linspace(0, 1, 30), "regression has no classes"),
        ([*["common"] * 26, *["rare"] * 4], "class 'rare' has 4 members, fewer than 5"),
    ],
)
def test_the_reason_for_not_stratifying_is_told(y: object, reason: str) -> None:
    recorded = split_dataset(whole(y, 30), 0).recorded
    assert (recorded["kind"], recorded["reason"]) == ("random", reason)


def test_a_given_division_is_passed_on_untouched() -> None:
    X, y = np.zeros((3, 2), np.float32), [0, 1, 0]
    dataset = from_arrays(X, y, X[:1], y[:1])
    split = split_dataset(dataset, -1)
    assert split.parts is dataset.parts
    assert split.recorded == {
        "kind": "given",
        "seed": None,
        "fractions": None,
        "counts": {"train": 3, "val": 1},
        "digests": {name: part_digest(part) for name, part in dataset.parts.items()},
        "reason": None,
    }


def test_sequences_go_whole_to_one_part() -> None:
    lengths = np.arange(1, 21)
    values = np.repeat(np.arange(20), lengths)[:, None].astype(np.float32)
    X = Sequences(values, np.concatenate(([0], np.cumsum(lengths))))
    split = split_dataset(build_dataset(RawData({"all": RawPart(X, lengths / 2)}), source="made"), 3)
    seen = []
    for part in split.parts.values():
        assert isinstance(part.X, Sequences)
        assert part.X.values.dtype == np.float32 and part.X.offsets.dtype == np.int64
        for place, target in enumerate(part.y):
            sequence = part.X.values[part.X.offsets[place] : part.X.offsets[place + 1], 0]
            assert len(sequence) == 2 * target
            assert set(sequence) == {len(sequence) - 1}
            seen.append(len(sequence))
    assert sorted(seen) == lengths.tolist()


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(InvalidData, match="made: 4 samples cannot be divided; 5 are the least") as refusal:
        split_dataset(whole([0, 1, 0, 1], 4), 0)
    assert "X_train" in refusal.value.hint
    assert split_dataset(whole([0, 1, 0, 1, 0], 5), 0).recorded["counts"] == {"train": 3, "val": 1, "test": 1}


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_a_usage_error(seed: int) -> None:
    with pytest.raises(UsageError, match=f"the split seed {seed} is not between 0 and 4294967295"):
        split_dataset(whole([0, 1] * 5, 10), seed)
