"""Which of two runs is better, how sure that is, and which of their differences may be why.

The scheme is that of a controlled experiment: where one thing alone differs, that is probably why; where several do,
nobody can tell which. Kinds are ordered by what they reach, not by a measured effect: data and its division first,
because nothing else can be judged across them, then what is trained and how, and last what moves a result only by
chance or by rounding: seed and environment (compare Bouthillier et al. 2021, "Accounting for Variance in Machine
Learning Benchmarks").
"""

from collections.abc import Sequence, Set
from typing import Literal, TypeAlias

import msgspec

from trainstore.diff.metrics import MetricDiff, MetricsDiff, Side

Kind: TypeAlias = Literal[
    "data", "split", "architecture", "training", "code", "hyperparameters", "seed", "environment"
]
Certainty: TypeAlias = Literal[
    "more than chance", "may be chance", "chance is unknown", "no difference", "not comparable", "not measured"
]  # fmt: skip

_ROUNDING: tuple[Kind, ...] = ("environment",)


class Factor(msgspec.Struct, frozen=True):
    """A kind of difference that can change a result, with what differs in a few words each, the heaviest first.

    ``training`` is loss, optimiser, schedule and the like; ``code`` what is neither that nor the architecture.
    """

    kind: Kind
    what: Sequence[str]


class Why(msgspec.Struct, frozen=True):
    """The answer.

    Attributes:
        metric: the one that decides; None where there is none.
        better: the side that it calls better; over seeds where there are several.
        certainty: how sure that is.
        factors: all that differs and can matter, in the order of `Kind`.
        probably: the kind that probably is why; None where that cannot be told.
        against: metrics that call the other side better.
    """

    metric: MetricDiff | None
    better: Side | None
    certainty: Certainty
    factors: Sequence[Factor]
    probably: Kind | None
    against: Sequence[MetricDiff]


def explain(metrics: MetricsDiff, factors: Sequence[Factor]) -> Why:
    """Judge what two runs reached, and which difference may be why.

    Args:
        metrics: of the two.
        factors: in the order of `Kind`; those without a difference left out.
    """
    metric = metrics.headline
    certainty = _certainty(metrics, metric, {factor.kind for factor in factors})
    better = _better(metric) if certainty in ("more than chance", "chance is unknown") else None
    against = [one for one in metrics.both if better and one.better and _better(one) not in (better, None)]
    probably = _only(factors, certainty) if better else None
    return Why(metric, better, certainty, factors, probably, against)


def _certainty(metrics: MetricsDiff, metric: MetricDiff | None, kinds: Set[Kind]) -> Certainty:
    if metrics.not_comparable:
        return "not comparable"
    if metric is None:
        return "not measured"
    if metric.chance:
        return "more than chance" if metric.chance.beyond_chance else "may be chance"
    if not metric.difference:
        return "no difference"
    return "may be chance" if "seed" in kinds and kinds <= {"seed", *_ROUNDING} else "chance is unknown"


def _better(metric: MetricDiff | None) -> Side | None:
    if metric is None or metric.direction is None:
        return None
    difference = metric.chance.difference if metric.chance else metric.difference
    if difference == 0:
        return None
    return "new" if (difference > 0) == (metric.direction == "higher") else "old"


def _only(factors: Sequence[Factor], certainty: Certainty) -> Kind | None:
    """Return the one kind that can be why; seeds are no reason where they were averaged over."""
    averaged = ("seed",) if certainty == "more than chance" else ()
    kinds = [factor.kind for factor in factors if factor.kind not in averaged]
    weighty = [kind for kind in kinds if kind not in _ROUNDING] or kinds
    return weighty[0] if len(weighty) == 1 else None
