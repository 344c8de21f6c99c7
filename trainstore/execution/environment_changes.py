"""What two runs were surrounded by, compared. Pure: takes what run.json holds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Run = Mapping[str, Any]
Change = dict[str, Any]

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


def environment_changes(original: Run, rerun: Run) -> list[Change]:
    """Whatever differs: ``{"what", "original", "rerun", "cause"}``, those that are known to change bits first.

    ``cause`` is whether it is; of the installed distributions only what the code imports and libraries of
    arithmetic are. A distribution that is not installed has the version None.
    """
    told = [
        {"what": label, "original": value_at(original, path), "rerun": value_at(rerun, path), "cause": True}
        for path, label in _CAUSES.items()
        if value_at(original, path) != value_at(rerun, path)
    ]
    return [*told, *sorted(_distributions(original, rerun), key=lambda change: not change["cause"])]


def as_causes(changes: Sequence[Change]) -> list[str]:
    """A sentence for each change that may have changed bits, and one for all others together."""
    causes = [
        f"{change['what']}: {_told(change['original'])} → {_told(change['rerun'])}"
        for change in changes
        if change["cause"]
    ]
    others = [change for change in changes if not change["cause"]]
    if not others:
        return causes
    named = [f"{one['what']} {_told(one['original'])} → {_told(one['rerun'])}" for one in others[:_MOST_TOLD]]
    more = _count(len(others) - len(named), "other package")
    return [*causes, "packages: " + ", ".join(named) + (f", and {more}" if more else "")]


def in_few_words(changes: Sequence[Change]) -> str:
    """The names of what may change bits, and how many packages else; empty where nothing differs."""
    names = [change["what"] for change in changes if change["cause"]]
    others = _count(len(changes) - len(names), "other package" if names else "package")
    return " and ".join(filter(None, (", ".join(names), others)))


def value_at(run: Run, path: str) -> Any:
    """The value at a dotted path; None if there is none."""
    value: Any = run
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def normal_name(distribution: str) -> str:
    """A distribution's name as indexes compare it: its metadata may spell it otherwise in another version."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def _distributions(original: Run, rerun: Run) -> Iterator[Change]:
    """Those that differ, by name; none where one of the runs did not record them."""
    before, after = (value_at(run, "environment.packages") or {} for run in (original, rerun))
    if not before or not after:
        return
    names = {normal_name(name): name for name in (*after, *before)}
    ours, theirs = ({normal_name(name): found[name] for name in found} for found in (before, after))
    imported = {
        normal_name(name) for run in (original, rerun) for name in value_at(run, "environment.imports") or ()
    }
    for name in sorted(names.keys() - _TOLD_ABOVE):
        if ours.get(name) != theirs.get(name):
            is_cause = name in imported or _NUMERIC.fullmatch(name) is not None
            yield {
                "what": names[name],
                "original": ours.get(name),
                "rerun": theirs.get(name),
                "cause": is_cause,
            }


def _told(value: Any) -> str:
    return "none" if value is None else str(value)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}" if number else ""
