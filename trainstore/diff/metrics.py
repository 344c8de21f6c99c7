"""What two runs reached: which way is better, by how much, and whether that is more than chance between seeds."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import msgspec

from trainstore.diff.fields import FieldsDiff, compare_fields
from trainstore.diff.seeds import SeedTest, compare_seeds

Side: TypeAlias = Literal["old", "new"]
Direction: TypeAlias = Literal["higher", "lower"]

_HIGHER = {
    "accuracy", "acc", "f1", "r2", "auc", "auroc", "auprc", "roc", "precision", "recall", "sensitivity", "specificity",
    "kappa", "mcc", "iou", "dice", "top1", "top5", "map", "ap", "bleu", "psnr", "ssim",
}  # fmt: skip
_LOWER = {
    "loss", "mse", "mae", "rmse", "rmsle", "mape", "smape", "nll", "error", "err", "perplexity", "ppl", "brier", "ece",
    "logloss", "bce", "wer", "cer",
}  # fmt: skip
_HEADLINES = ("accuracy", "r2", "validation_accuracy", "validation_r2")
_LARGEST = 1e300
_PARTS = re.compile(r"[a-z]+\d*|\d+")


class MetricDiff(msgspec.Struct, frozen=True):
    """One metric that both runs have.

    Attributes:
        name: of the metric.
        old: value on the old side.
        new: value on the new side.
        direction: which way is better; None where its name does not tell.
        difference: new minus old.
        relative: that, of the old value's size; None where that is 0.
        better: which run is; None where they are equal, or nobody knows which way is better.
        chance: the same over several seeds of each side; None where one of them has fewer than two.
    """

    name: str
    old: float
    new: float
    direction: Direction | None
    difference: float
    relative: float | None
    better: Side | None
    chance: SeedTest | None


class MetricsDiff(msgspec.Struct, frozen=True):
    """What both runs reached.

    Attributes:
        fields: which metrics came, went and changed, with their values.
        both: every metric that both have as a number, changed or not, in the order of the new run.
        not_comparable: why the figures of the two say nothing about which is better; None where they do.
    """

    fields: FieldsDiff
    both: Sequence[MetricDiff]
    not_comparable: str | None = None

    @property
    def headline(self) -> MetricDiff | None:
        """The one metric that stands for the run: its score, else the first that has a direction."""
        by_name = {metric.name: metric for metric in self.both if metric.direction}
        return next((by_name[name] for name in (*_HEADLINES, *by_name) if name in by_name), None)


Metrics: TypeAlias = Mapping[str, Any]


def compare_metrics(
    old: Metrics,
    new: Metrics,
    old_seeds: Sequence[Metrics] = (),
    new_seeds: Sequence[Metrics] = (),
    not_comparable: str | None = None,
) -> MetricsDiff:
    """Compare what two runs reached.

    Args:
        old: metrics by name.
        new: likewise.
        old_seeds: those of runs that differ from the old one by their seed alone, itself among them; one a seed.
        new_seeds: likewise.
        not_comparable: why they are not; then no side is better and no chance is computed.
    """
    both = [
        _compare(name, float(old[name]), float(new[name]), old_seeds, new_seeds, not_comparable is None)
        for name in new
        if _is_number(new[name]) and _is_number(old.get(name))
    ]
    return MetricsDiff(compare_fields(old, new), both, not_comparable)


def direction_of(name: str) -> Direction | None:
    """Return which way a metric is better, told by the last word of its name that is known; None where none is.

    ``val_loss`` is better lower, ``test_acc`` and ``macro_f1`` higher, ``epochs`` neither. A word that says both, as
    in ``accuracy_loss``, goes by what stands last, as English does.
    """
    for word in reversed(_PARTS.findall(re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower())):
        if word in _LOWER:
            return "lower"
        if word in _HIGHER:
            return "higher"
    return None


def _compare(
    name: str,
    old: float,
    new: float,
    old_seeds: Sequence[Metrics],
    new_seeds: Sequence[Metrics],
    comparable: bool,
) -> MetricDiff:
    direction, difference = direction_of(name), new - old
    better: Side | None = None
    if comparable and direction and difference:
        better = "new" if (difference > 0) == (direction == "higher") else "old"
    chance = compare_seeds(_values(name, old_seeds), _values(name, new_seeds)) if comparable else None
    return MetricDiff(
        name, old, new, direction, difference, difference / abs(old) if old else None, better, chance
    )


def _values(name: str, runs: Sequence[Metrics]) -> list[float]:
    return [float(metrics[name]) for metrics in runs if _is_number(metrics.get(name))]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST
