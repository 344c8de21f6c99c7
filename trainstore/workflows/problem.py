"""One thing that is wrong with a store or a machine, as `verify` and `doctor` tell it."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    """What is wrong, and what to do.

    Attributes:
        kind: one stable word or two, for programs.
        what: one sentence that names the path, version or run.
        hint: the command or step that helps.
        severity: ``warning`` where nothing that was saved is at stake.
    """

    kind: str
    what: str
    hint: str
    severity: Severity = "error"
