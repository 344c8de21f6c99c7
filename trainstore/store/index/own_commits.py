"""Telling the index of commits that this process has made, about which it need not ask git."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress

from trainstore.errors import TrainstoreError
from trainstore.store.git.changes import Commit
from trainstore.store.git.fast_import import Identity, Written
from trainstore.store.git.repository import Repository
from trainstore.store.index.catch_up import add_known
from trainstore.store.index.database import open_database
from trainstore.store.index.messages import LoggedCommit, logged_commit


def tell_index(
    repository: Repository,
    parent: str | None,
    commits: Sequence[Commit],
    written: Written,
    identity: Identity,
) -> None:
    """Add a chain of commits to the index, if it is at their parent; what this leaves out, it asks git about later."""
    if parent is None:
        return
    parents = [parent, *written.commits[:-1]]
    logged = [
        _as_logged(commit, commit_id, parent, identity)
        for commit, commit_id, parent in zip(commits, written.commits, parents, strict=True)
    ]
    if all(commit.action for commit in logged):
        with (
            suppress(sqlite3.DatabaseError, TrainstoreError),
            closing(open_database(repository.state)) as database,
        ):
            add_known(database, repository, logged, written.blobs)


def _as_logged(commit: Commit, commit_id: str, parent: str, identity: Identity) -> LoggedCommit:
    """Return a commit as git's log would show it."""
    message = commit.message.encode(errors="replace").decode()
    author = identity.author.rpartition(" <")[0]
    return logged_commit(commit_id, parent, identity.now, author, message)
