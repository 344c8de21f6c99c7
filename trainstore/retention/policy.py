"""What a person wants kept and removed; checked when it is made, and told as a sentence."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from trainstore.disk_format.moments import Age, Date, Moment, moment_before, utc_text
from trainstore.errors import UsageError
from trainstore.retention.scores import METRICS, more_is_better

_EMPTY_HINT = "Say what may go (--older-than 30d) or what must stay (--keep-last 3)."


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Rules that choose candidates and narrow together, and rules that keep.

    With keeping rules alone every version is a candidate.

    Attributes:
        older_than: chooses what was saved before it, by the record's timestamp.
        unsuccessful: chooses what ran and never succeeded; with ``below``, also what scored worse than that.
        never_ran: chooses what has no run.
        min_confidence: chooses what has less; an unknown confidence is not less.
        keep_last: keeps so many of the newest of each function.
        keep_best: keeps so many of the best of each function on each data set.
        metric: what ``keep_best`` and ``below`` go by; the run's headline score where it is None.
        keep_within: keeps what was saved since, by the record's timestamp.
        include_current: lets the current version of a function go, too.

    Raises:
        UsageError: a value is out of its range, or rules contradict one another.
    """

    older_than: Moment | None = None
    unsuccessful: bool = False
    below: float | None = None
    never_ran: bool = False
    min_confidence: float | None = None
    keep_last: int | None = None
    keep_best: int | None = None
    metric: str | None = None
    keep_within: Age | None = None
    include_current: bool = False

    def __post_init__(self) -> None:
        for name, count in (("keep-last", self.keep_last), ("keep-best", self.keep_best)):
            if count is not None and count < 1:
                raise UsageError(
                    f"{name} must be 1 or more, not {count}.", "Leave it out to keep none by it."
                )
        if self.min_confidence is not None and not 0 <= self.min_confidence <= 1:
            raise UsageError(f"min-confidence must be between 0 and 1, not {self.min_confidence}.")
        if self.below is not None and not math.isfinite(self.below):
            raise UsageError(f"below must be a number, not {self.below}.")
        if self.below is not None and not self.unsuccessful:
            raise UsageError("below says what is unsuccessful, and needs that rule.", "Add --unsuccessful.")
        if self.unsuccessful and self.never_ran:
            raise UsageError(
                "No version both ran without success and never ran.", "Prune twice, with one rule each."
            )
        if self.metric is not None and self.metric not in METRICS:
            raise UsageError(
                f"There is no score {self.metric[:200]!r}.", f"It is one of {', '.join(METRICS)}."
            )
        if self.metric is not None and self.keep_best is None and self.below is None:
            raise UsageError("metric needs a rule that goes by it.", "Add --keep-best N, or --below X.")

    @property
    def chooses(self) -> bool:
        """Whether it has a rule that chooses candidates."""
        given = self.older_than is not None or self.min_confidence is not None
        return given or self.unsuccessful or self.never_ran

    @property
    def keeps(self) -> bool:
        """Whether it has a rule that keeps."""
        return any(rule is not None for rule in (self.keep_last, self.keep_best, self.keep_within))

    def require_rules(self) -> None:
        """Refuse a policy that says nothing. Raises UsageError."""
        if not self.chooses and not self.keeps:
            raise UsageError("The policy is empty, and would remove nothing.", _EMPTY_HINT)

    def describe(self, now: int) -> str:
        """Return the policy as a sentence without its full stop, ages as absolute moments too."""
        *kept, last = self._keeping(now)
        keeping = f"keep {', '.join(kept)} and {last}" if kept else f"keep {last}"
        if not self.chooses:
            return f"{keeping}; remove the rest"
        return "; ".join([f"remove what {' and '.join(self._choosing(now))}", keeping])

    def _choosing(self, now: int) -> Iterator[str]:
        if self.older_than is not None:
            yield f"is older than {_moment(self.older_than, now, 'before')}"
        if self.unsuccessful:
            yield "ran and " + ("never succeeded" if self.below is None else f"never reached {self.goal}")
        if self.never_ran:
            yield "never ran"
        if self.min_confidence is not None:
            yield f"has a confidence below {self.min_confidence:g}"

    def _keeping(self, now: int) -> Iterator[str]:
        if self.keep_last is not None:
            yield f"the last {self.keep_last}"
        if self.keep_best is not None:
            yield f"the best {self.keep_best} by {self.metric or 'score'}"
        if self.keep_within is not None:
            yield f"what was saved within {_moment(self.keep_within, now, 'since')}"
        if not self.include_current:
            yield "the current version"
        yield "pinned ones"

    @property
    def goal(self) -> str:
        """What ``below`` asks for, such as ``accuracy 0.8``; for a loss, ``mse 0.2 or less``."""
        return f"{self.metric or 'score'} {self.below:g}" + (
            "" if more_is_better(self.metric) else " or less"
        )


def _moment(moment: Moment, now: int, word: str) -> str:
    if isinstance(moment, Date) and moment.text == utc_text(moment.seconds):
        return moment.text
    return f"{moment.text} ({word} {utc_text(moment_before(moment, now))})"
