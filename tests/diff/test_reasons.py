import pytest

from trainstore.diff.metrics import MetricsDiff, compare_metrics
from trainstore.diff.reasons import Factor, Kind, explain

SEEDS = [{"accuracy": 0.80}, {"accuracy": 0.81}, {"accuracy": 0.82}]
BETTER = [{"accuracy": 0.90}, {"accuracy": 0.91}, {"accuracy": 0.92}]


def metrics(*, seeds: bool = False, **options: str) -> MetricsDiff:
    groups = (SEEDS, BETTER) if seeds else ()
    return compare_metrics({"accuracy": 0.8, "loss": 1.0}, {"accuracy": 0.9, "loss": 1.2}, *groups, **options)  # type: ignore[arg-type]


def factors(*kinds: Kind) -> list[Factor]:
    return [Factor(kind, ["something"]) for kind in kinds]


@pytest.mark.parametrize(
    ("kinds", "seeds", "probably"),
    [
        (["architecture"], False, "architecture"),
        (["hyperparameters"], True, "hyperparameters"),
        (["architecture", "environment"], True, "architecture"),
        (["environment"], True, "environment"),
        (["architecture", "hyperparameters"], True, None),
        (["architecture", "training"], True, None),
        (["architecture", "seed"], False, None),
        (["architecture", "seed"], True, "architecture"),
        ([], True, None),
    ],
)
def test_what_alone_differs_is_probably_why(kinds: list[Kind], seeds: bool, probably: Kind | None) -> None:
    why = explain(metrics(seeds=seeds), factors(*kinds))
    assert (why.better, why.probably) == ("new", probably)
    assert why.certainty == ("more than chance" if seeds else "chance is unknown")
    assert [one.name for one in why.against] == ["loss"]


def test_where_chance_may_be_why_nothing_else_is_blamed() -> None:
    found = compare_metrics(
        {"accuracy": 0.8}, {"accuracy": 0.9}, SEEDS[:2], [{"accuracy": 0.5}, {"accuracy": 0.99}]
    )
    why = explain(found, factors("architecture"))
    assert (why.better, why.certainty, why.probably) == (None, "may be chance", None)


@pytest.mark.parametrize("kinds", [["seed"], ["seed", "environment"]])
def test_another_seed_alone_is_chance(kinds: list[Kind]) -> None:
    why = explain(metrics(), factors(*kinds))
    assert (why.better, why.certainty, why.probably) == (None, "may be chance", None)


def test_what_cannot_be_compared_has_no_better_side() -> None:
    why = explain(metrics(not_comparable="other data"), factors("data", "architecture"))
    assert (why.better, why.certainty, why.probably, why.against) == (None, "not comparable", None, [])
    assert explain(compare_metrics({}, {"accuracy": 1.0}), []).certainty == "not measured"
    assert explain(compare_metrics({"accuracy": 1.0}, {"accuracy": 1.0}), []).certainty == "no difference"
