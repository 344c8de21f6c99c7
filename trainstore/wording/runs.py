"""What became of a run, in words: where its claim fails, how a rerun differs."""

from collections.abc import Mapping
from typing import Any

from trainstore.execution.environment_changes import in_few_words, other_packages
from trainstore.plain_text import plain
from trainstore.records.run_record import RunRecord
from trainstore.wording.values import number

_NO_CAUSE = "nothing that was recorded explains it; the function may draw on the clock or on the system's random numbers"

_EXPLAINED = ("equivalent", "different")
_SHORT_DIGEST = len("sha256:") + 12


def claim_told(run: RunRecord) -> str:
    """Return how a function's figure for the validation part fails to be what was measured; empty where it does not."""
    claim = run.scoring["claim"]
    if claim is None or claim["reproduced"]:
        return ""
    return plain(
        f"not reproduced: the function claims {claim['name']} {number(claim['claimed'])}, "
        f"and its model reaches {number(claim['measured'])}"
    )


def difference_told(difference: Mapping[str, Any]) -> str:
    """Return one difference of a rerun with both values; of digests, their beginnings."""
    original, rerun = difference["original"], difference["rerun"]
    if difference["what"] == "outcome" and original != "succeeded":
        return f"the original did not succeed: {original}"
    return plain(f"{difference['what']}: {_short(original)} → {_short(rerun)}")


def changes_told(run: RunRecord) -> str:
    """Return what of the environment differs, in few words, where `causes_told` does not; empty where nothing does."""
    changed = "" if run.verdict in _EXPLAINED else in_few_words(run.environment_changes)
    return plain(f"the environment differs: {changed}") if changed else ""


def causes_told(run: RunRecord) -> list[str]:
    """Return what may explain that a rerun's result is not the same, a line each, and which packages differ beside."""
    if run.verdict not in _EXPLAINED:
        return []
    causes = run.causes or ([_NO_CAUSE] if run.outcome == "succeeded" else [])
    others = other_packages(run.environment_changes)
    beside = [f"not the same either: {others}"] if others else []
    return [plain(line) for line in (*(f"cause: {cause}" for cause in causes), *beside)]


def _short(value: Any) -> str:
    return f"{value[:_SHORT_DIGEST]}…" if str(value).startswith("sha256:") else str(value)
