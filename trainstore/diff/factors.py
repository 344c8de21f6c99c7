"""What of the differences between two versions and their runs can change a result, by kind."""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec.structs import replace

from trainstore.diff.architecture.compare import ArchitectureDiff
from trainstore.diff.architecture.summary import summarise
from trainstore.diff.code.code_diff import CodeDiff
from trainstore.diff.fields import FieldsDiff
from trainstore.diff.reasons import Factor, Kind
from trainstore.diff.search_space import SpaceDiff, default_of

_LONGEST = 40


def factors_of_versions(code: CodeDiff, architecture: ArchitectureDiff, space: SpaceDiff) -> list[Factor]:
    """Return what can matter of two versions before any run: their code, and the defaults of their search spaces."""
    moved = [
        f"{name} {default_of(change.old)}→{default_of(change.new)}"
        for name, change in space.changed.items()
        if "default moved" in change.how
    ]
    told = [
        *(f"+{name} {default_of(entry)}" for name, entry in space.added.items()),
        *(f"−{name} {default_of(entry)}" for name, entry in space.removed.items()),
        *moved,
    ]
    return _given([*_of_code(code, architecture), ("hyperparameters", told)])


def factors_of_runs(
    code: CodeDiff,
    architecture: ArchitectureDiff,
    settings: FieldsDiff,
    hyperparameters: FieldsDiff,
    environment: Sequence[str],
) -> list[Factor]:
    """Return what can matter of two runs, in the order of `Kind`.

    Args:
        architecture: what the code alone changes of it, with the same hyperparameters on both sides; where the code is
            the same, they are why it differs, and count alone.
    """
    return _given(
        [
            ("data", _data(settings)),
            (
                "split",
                [*_changed(settings, "split"), *(f"seed {one}" for one in _changed(settings, "split_seed"))],
            ),
            *_of_code(code, architecture),
            ("hyperparameters", _all(hyperparameters)),
            ("seed", _changed(settings, "seed")),
            ("environment", environment),
        ]
    )


def _of_code(code: CodeDiff, architecture: ArchitectureDiff) -> Iterator[tuple[Kind, Sequence[str]]]:
    if not code or code.line_ends:
        return
    layers = summarise(replace(architecture, surroundings={}))
    training = summarise(replace(architecture, added=(), removed=(), changed=(), nothing_in_common=False))
    yield "architecture", layers
    yield "training", training
    if not layers and not training:
        yield "code", [f"+{code.added} −{code.removed} lines"]


def _given(told: Sequence[tuple[Kind, Sequence[str]]]) -> list[Factor]:
    return [Factor(kind, what) for kind, what in told if what]


def _data(settings: FieldsDiff) -> list[str]:
    """Where it comes from counts only where its bytes differ, and names them better than their digests do."""
    told = [f"{name} {one}" for name in ("target", "task") for one in _changed(settings, name)]
    digests = _changed(settings, "digest")
    return [*((_changed(settings, "source") or digests) if digests else ()), *told]


def _changed(settings: FieldsDiff, name: str) -> list[str]:
    both = settings.changed.get(name)
    return [] if both is None else ["→".join(map(_short, both))]


def _all(fields: FieldsDiff) -> list[str]:
    return [
        *(f"{name} {_short(old)}→{_short(new)}" for name, (old, new) in fields.changed.items()),
        *(f"+{name} {_short(value)}" for name, value in fields.added.items()),
        *(f"−{name} {_short(value)}" for name, value in fields.removed.items()),
    ]


def _short(value: Any) -> str:
    text = f"{value:g}" if isinstance(value, float) else str(value).removeprefix("sha256:")
    return text if len(text) <= _LONGEST else f"{text[:12]}…"
