"""The moves of a branch that a process begins, for whoever tells a person what was recorded before Ctrl-C."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # `--help` loads this file
    from trainstore.store.git.repository import Repository


class Move(NamedTuple):
    """A branch on its way to new commits.

    Attributes:
        repository: whose branch.
        before: the full id that it had; None where it had none.
        commits: full ids of the new ones.
    """

    repository: "Repository"
    before: str | None
    commits: tuple[str, ...]


_noted: ContextVar[list[Move] | None] = ContextVar("noted moves", default=None)


def note_moves() -> list[Move]:
    """Return a list that gets each move that this thread begins from now on; whether it ended, git knows."""
    moves: list[Move] = []
    _noted.set(moves)
    return moves


def note_move(repository: "Repository", before: str | None, commits: Sequence[str]) -> None:
    """Note that a branch is about to move, where somebody asked for it."""
    moves = _noted.get()
    if moves is not None:
        moves.append(Move(repository, before, tuple(commits)))
