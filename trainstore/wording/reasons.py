"""Why one of two is better, in sentences that claim no more than is known."""

from collections.abc import Iterator

from trainstore.diff.reasons import Kind, Why
from trainstore.wording.differences import sample_told
from trainstore.wording.values import number

_KINDS: dict[Kind, str] = {
    "data": "the data",
    "split": "how the data was divided",
    "architecture": "the architecture",
    "training": "how it is trained",
    "code": "the code around the architecture",
    "hyperparameters": "the hyperparameters",
    "seed": "the seed",
    "environment": "the environment",
}


def verdict_told(why: Why, old: str, new: str, not_comparable: str | None) -> str:
    """Return which side is better, and how sure that is."""
    metric = why.metric
    if why.certainty == "not comparable":
        return f"Cannot tell which is better: {not_comparable}."
    if metric is None:
        return "Cannot tell which is better: no metric of both runs says it."
    if why.certainty == "no difference":
        return f"Neither is better: both reach {metric.name} {number(metric.new)}."
    if metric.chance is not None:
        before, after = sample_told(metric.chance.old), sample_told(metric.chance.new)
    else:
        before, after = number(metric.old), number(metric.new)
    told = f"{metric.name} {before} → {after}"
    if why.better is None:
        why_so = "nothing that was chosen differs but the seed"
        if metric.chance is not None:
            why_so = "seeds alone make as much difference"
        return f"Probably chance: {told}; {why_so}."
    sure = "with one seed of a side nothing is known about chance"
    if metric.chance is not None:
        sure = "more than chance between seeds"
    return f"{old if why.better == 'old' else new} is better: {told}; {sure}."


def reason_told(why: Why) -> str:
    """Return what is probably why; that it cannot be told, where several things differ."""
    if why.better is None:
        return ""
    if why.probably is not None:
        others = [factor for factor in why.factors if factor.kind != why.probably]
        alone = "" if others else "; nothing else differs that can matter"
        return f"Probably because of {_KINDS[why.probably]}{alone}."
    if not why.factors:
        return "Cannot tell why: of what was recorded, nothing differs that can matter."
    return f"Cannot tell which of these is why: {_listed([_KINDS[one.kind] for one in why.factors])} changed together."


def factors_told(why: Why) -> Iterator[tuple[str, str]]:
    """Yield each kind that differs, and what of it."""
    for factor in why.factors:
        yield factor.kind, ", ".join(factor.what)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
