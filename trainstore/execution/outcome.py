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
    "cpu_limit",
    "open_file_limit",
    "invalid_result",
]

_AS_VERBS = {
    "failed": "failed",
    "timed_out": "timed out",
    "killed": "was killed",
    "out_of_memory": "ran out of memory",
    "cpu_limit": "ran out of processor time",
    "output_limit": "printed too much",
    "disk_limit": "ran out of room for files",
    "process_limit": "ran out of processes",
    "open_file_limit": "ran out of open files",
    "invalid_result": "gave no valid result",
}


class OutputsNotFinite(RunUnsuccessful):
    """A model was asked and answered with what is no number, as one does whose training diverged."""


def unsuccessful(what: str, outcome: str, reason: str | None, hint: str = "") -> RunUnsuccessful:
    """Return the error for an execution that did not succeed, as a sentence about ``what``."""
    ended = _AS_VERBS.get(outcome, "did not succeed")
    kind = RunTimedOut if outcome in ("timed_out", "cpu_limit") else RunUnsuccessful
    return kind(f"{what} {ended}: {reason}", hint)
