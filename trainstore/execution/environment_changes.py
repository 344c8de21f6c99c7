"""What two runs were surrounded by, compared. Pure: takes what run.json holds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from trainstore.records.surroundings import RecordedChange

Run = Mapping[str, Any]

# What is known to change bits, the likeliest first.
_CAUSES = {
    "device.used": "device",
    "environment.accelerator": "accelerator",
    "device.mapped": "device mapping",
    "threads": "threads",
    "portable": "portable arithmetic",
    "environment.torch": "torch",
    "environment.cuda": "CUDA",
    "environment.driver": "GPU driver",
    "environment.numpy": "numpy",
    "environment.python": "Python",
    "environment.cpu_capability": "processor capability",
    "environment.cpu": "processor",
    "environment.platform": "platform",
    "environment.trainstore": "trainstore",
}
_TOLD_ABOVE = {"torch", "numpy", "trainstore"}
_NUMERIC = re.compile(r"nvidia-.*|triton|mkl|intel-openmp|onemkl-.*")
_MOST_TOLD = 3


def environment_changes(original: Run, rerun: Run) -> list[RecordedChange]:
    """Whatever differs: ``{"what", "original", "rerun", "cause"}``, those that are known to change bits first.

    ``cause`` is whether it is; of the installed distributions only what the code imports and, behind that, libraries of
    arithmetic are. A distribution that is not installed has the version None.
    """
    told: list[RecordedChange] = [
        {"what": label, "original": value_at(original, path), "rerun": value_at(rerun, path), "cause": True}
        for path, label in _CAUSES.items()
        if value_at(original, path) != value_at(rerun, path)
    ]
    return [*told, *_distributions(original, rerun)]


def as_causes(changes: Sequence[RecordedChange]) -> list[str]:
    """A sentence for each change that may have changed bits, and one for all libraries of arithmetic together."""
    named, arithmetic, _ = _sorted_out(changes)
    causes = [f"{one['what']}: {_told(one['original'])} → {_told(one['rerun'])}" for one in named]
    return [*causes, f"libraries of arithmetic: {_listed(arithmetic)}"] if arithmetic else causes


def other_packages(changes: Sequence[RecordedChange]) -> str:
    """How many packages differ that are no cause, with the first few; empty where there are none."""
    _, _, others = _sorted_out(changes)
    return f"{_packages(len(others))} that the code does not import: {_listed(others)}" if others else ""


def in_few_words(changes: Sequence[RecordedChange]) -> str:
    """The names of what may change bits, and how many packages else; empty where nothing differs."""
    named, arithmetic, others = _sorted_out(changes)
    names = [*(one["what"] for one in named), *(["libraries of arithmetic"] if arithmetic else [])]
    more = _packages(len(others), "other " if names else "") if others else ""
    return " and ".join(filter(None, (", ".join(names), more)))


def value_at(run: Run, path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    value: Any = run
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def normal_name(distribution: str) -> str:
    """A distribution's name as indexes compare it: its metadata may spell it otherwise in another version."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _distributions(original: Run, rerun: Run) -> Iterator[RecordedChange]:
    """Those that differ: what the code imports, libraries of arithmetic, all others; none where a run recorded none."""
    before, after = (value_at(run, "environment.packages") or {} for run in (original, rerun))
    if not before or not after:
        return
    names = {normal_name(name): name for name in (*after, *before)}
    ours, theirs = ({normal_name(name): found[name] for name in found} for found in (before, after))
    imported = {
        normal_name(name) for run in (original, rerun) for name in value_at(run, "environment.imports") or ()
    }
    for name in sorted(
        names.keys() - _TOLD_ABOVE, key=lambda name: (name not in imported, not _is_arithmetic(name), name)
    ):
        if ours.get(name) != theirs.get(name):
            yield {
                "what": names[name],
                "original": ours.get(name),
                "rerun": theirs.get(name),
                "cause": name in imported or _is_arithmetic(name),
            }


def _sorted_out(changes: Sequence[RecordedChange]) -> tuple[list[RecordedChange], ...]:
    """What is named alone, libraries of arithmetic, and all that is no cause."""
    causes = [change for change in changes if change["cause"]]
    arithmetic = [change for change in causes if _is_arithmetic(normal_name(change["what"]))]
    named = [change for change in causes if change not in arithmetic]
    return named, arithmetic, [change for change in changes if not change["cause"]]


def _is_arithmetic(name: str) -> bool:
    return _NUMERIC.fullmatch(name) is not None


def _listed(changes: Sequence[RecordedChange]) -> str:
    told = [f"{one['what']} {_told(one['original'])} → {_told(one['rerun'])}" for one in changes[:_MOST_TOLD]]
    more = len(changes) - len(told)
    return ", ".join([*told, f"and {more} more"] if more else told)


def _told(value: Any) -> str:
    return "none" if value is None else str(value)


def _packages(number: int, kind: str = "") -> str:
    return f"{number} {kind}package{'' if number == 1 else 's'}"
