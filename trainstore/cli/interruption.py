"""What is told to a person who pressed Ctrl-C: that nothing came of it, or what had been recorded by then."""

import signal
from collections.abc import Sequence

import click

from trainstore.errors import TrainstoreError
from trainstore.plain_text import plain
from trainstore.store.git.repository import read_head
from trainstore.store.index.messages import LoggedCommit, read_log
from trainstore.store.writing.moves import Move

_MOST_TOLD = 5


def tell_interrupted(moves: Sequence[Move]) -> None:
    """Tell that the command was interrupted, and what the branch moves that it began came to."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever is impatient is to read this all the same
    try:
        click.echo(f"Interrupted; {_told(moves)}", err=True)
    finally:
        signal.signal(signal.SIGINT, before)


def _told(moves: Sequence[Move]) -> str:
    try:
        recorded = _recorded(moves)
    except TrainstoreError:
        return "what was recorded by then shows: trainstore history"
    if not recorded:
        return "nothing was left half done."
    newest = recorded[-1]
    run = newest.trailers.get("Run-Id")
    see = f"trainstore show {run}" if run and len(recorded) == 1 else "trainstore history"
    lines = [f"  {commit.commit[:10]}  {commit.subject}" for commit in recorded[-_MOST_TOLD:]]
    earlier = len(recorded) - len(lines)
    more = [f"  {earlier} more before"] if earlier else []
    return plain("\n".join(["by then this was recorded:", *more, *lines, f"See it: {see}"]))


def _recorded(moves: Sequence[Move]) -> list[LoggedCommit]:
    """Return the commits of the moves that git shows to have ended, oldest first."""
    if not moves:
        return []
    wanted = {commit for move in moves for commit in move.commits}
    head = read_head(moves[0].repository).commit
    log = read_log(moves[0].repository, moves[0].before, head) if head else []
    return [logged for logged in log if logged.commit in wanted]
