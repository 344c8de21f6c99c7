"""What an attack is, and what a run of it showed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from trainstore.execution.attacks.baits.baits import Baits
from trainstore.execution.sandbox.levels import LEVELS, Level

Theme = Literal["files", "processes", "sockets", "kernel", "exhaustion", "results"]


@dataclass(frozen=True)
class Ran:
    """One run of some attacks, as its parent saw it.

    Attributes:
        outcome: as a run's; ``succeeded`` is what the parent believed.
        reason: why it did not succeed; may be empty.
        output: what was printed, as far as the parent took it.
        longest_line: characters of the longest line that was handed on.
        metrics: what was recorded.
        error_length: characters of the exception that were recorded.
        model: the bytes that the parent took for the model.
        parent_failed: what happened to the parent while it read the result; empty if nothing did.
        sandbox: as a run records it.
    """

    outcome: str
    reason: str = ""
    output: str = ""
    longest_line: int = 0
    metrics: Any = field(default_factory=dict)
    error_length: int = 0
    model: bytes = b""
    parent_failed: str = ""
    sandbox: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What there is to judge an attack by.

    Attributes:
        baits: what was laid out, settled.
        ran: the run.
        sign: how the attempt ended, in its own word: ``done``, or the name of the error that stopped it; ``begins``
            if it told no end.
    """

    baits: Baits
    ran: Ran
    sign: str


Check = Callable[[Seen], bool]


@dataclass(frozen=True)
class Attack:
    """One thing that a training function may try.

    Attributes:
        name: unique; with ``_`` for ``-`` it is a function of the theme's file in ``programs``.
        theme: see there.
        tries: one sentence for people.
        succeeded: whether it did.
        stops: which layer it is that an end of the attempt, or an outcome of the run, is the sign of.
        weak, partial, strong: the layers of which one stops it at that level; none where it stays open.
        why_open: what that means, where it stays open at any level.
        open_to_users: levels at which it stays open where an ordinary user runs it, whose worker is the same user;
            the worker of root becomes another one.
        only_with: a layer without which it stays open at ``partial``; older kernels do not have all of them.
        needs: names of baits without which it cannot be tried.
        alone: whether it gets a run of its own; the others share one.
        limits: fields of ``Limits`` that differ from the suite's.
    """

    name: str
    theme: Theme
    tries: str
    succeeded: Check
    stops: Mapping[str, str]
    weak: tuple[str, ...]
    partial: tuple[str, ...]
    strong: tuple[str, ...]
    why_open: str = ""
    open_to_users: tuple[Level, ...] = ()
    only_with: str = ""
    needs: tuple[str, ...] = ()
    alone: bool = False
    limits: Mapping[str, Any] = field(default_factory=dict)

    def stopped_at(self, level: Level, by_root: bool) -> tuple[str, ...]:
        """The layers of which one stops it at a level; none where it stays open."""
        if level in self.open_to_users and not by_root:
            return ()
        return (self.weak, self.partial, self.strong)[LEVELS.index(level)]


@dataclass(frozen=True)
class Finding:
    """What came of one attack.

    Attributes:
        attack: which.
        succeeded: whether it did; None where it could not be tried.
        stopped_by: the layer; empty if it succeeded, ``unknown`` where the sign says nothing.
        sign: see ``Seen``; where it could not be tried, what is missing.
        outcome: of the run.
        left: processes that outlived the run.
        layers: of the sandbox that were active.
    """

    attack: Attack
    succeeded: bool | None
    stopped_by: str
    sign: str
    outcome: str
    left: int = 0
    layers: Sequence[str] = ()

    def expected(self, level: Level, by_root: bool) -> tuple[str, ...]:
        """The layers of which one should have stopped it; none where it was to stay open."""
        if level == "partial" and self.attack.only_with not in ("", *self.layers):
            return ()
        return self.attack.stopped_at(level, by_root)

    def is_as_documented(self, level: Level, by_root: bool) -> bool:
        """Whether the catalogue says so: stopped by one of the layers named there, or known to stay open."""
        layers = self.expected(level, by_root)
        return self.succeeded is None or (not layers if self.succeeded else self.stopped_by in layers)
