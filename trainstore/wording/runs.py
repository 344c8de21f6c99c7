"""What became of a run, in words: where its claim fails, how a rerun differs."""

from collections.abc import Mapping
from typing import Any

from trainstore.execution.environment_changes import in_few_words
from trainstore.plain_text import plain
from trainstore.records.run_record import RunRecord
from trainstore.wording.values import number

NO_CAUSE = "nothing that was recorded; the function may draw on the clock or on the system's random numbers"

_SHORT_DIGEST = len("sha256:") + 12


def claim_told(run: RunRecord) -> str:
    """Return how a function's figure for the validation part fails to be what was measured; empty where it does not."""
    claim = run.scoring.get("claim")
    if not claim or claim["reproduced"]:
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
    """Return what of the environment differs, in few words, where no cause says it; empty where nothing does."""
    changed = "" if run.causes else in_few_words(run.environment_changes)
    return plain(f"the environment differs: {changed}") if changed else ""


def _short(value: Any) -> str:
    return f"{value[:_SHORT_DIGEST]}…" if str(value).startswith("sha256:") else str(value)
