"""How an execution can end."""

from typing import Literal

from trainstore.errors import RunTimedOut, RunUnsuccessful

Outcome = Literal[
    "succeeded",
    "failed",
    "timed_out",
    "out_of_memory",
    "killed",
    "output_limit",
    "disk_limit",
    "process_limit",
    "invalid_result",
]

_AS_VERBS = {
    "failed": "failed",
    "timed_out": "timed out",
    "killed": "was killed",
    "out_of_memory": "ran out of memory",
}


def unsuccessful(what: str, outcome: str, reason: str | None, hint: str = "") -> RunUnsuccessful:
    """Return the error for an execution that did not succeed, as a sentence about ``what``."""
    ended = _AS_VERBS.get(outcome, f"ended with {outcome.replace('_', ' ')}")
    kind = RunTimedOut if outcome == "timed_out" else RunUnsuccessful
    return kind(f"{what} {ended}: {reason}", hint)
