"""Opening the index as HEAD is now."""

import sqlite3

from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.database import (
    cannot_write,
    open_database,
    open_in_memory,
    renew_database,
)
from trainstore.store.index.queries import Index
from trainstore.store.index.schema import known_head


def open_index(repository: Repository) -> Index:
    """Return the index of HEAD's history, brought up to date; in memory where the store cannot be written.

    Raises:
        GitFailed: git cannot read the repository.
    """
    head = read_head(repository).commit
    for opened in (open_database, renew_database):
        database = opened(repository.state)
        try:
            _update(database, repository, head)
            return Index(database)
        except sqlite3.DatabaseError as error:  # damaged, or from another release: it is derived
            database.close()
            if cannot_write(error):
                break
    database = open_in_memory()
    _update(database, repository, head)
    return Index(database)


def _update(database: sqlite3.Connection, repository: Repository, head: str | None) -> None:
    if head is not None and known_head(database) == head:
        return
    from trainstore.store.index.catch_up import catch_up  # what a reading command seldom needs

    catch_up(database, repository, head)
