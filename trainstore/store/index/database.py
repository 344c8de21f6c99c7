"""Opening the index's file, or a passing one in memory where the store cannot be written."""

import sqlite3
from pathlib import Path
from typing import Any

_BUSY_SECONDS = 60.0
_REFUSALS = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}


class IndexDatabase(sqlite3.Connection):
    """A connection that takes any text: half of a surrogate pair, which SQLite refuses, becomes its escape."""

    def execute(self, statement: str, values: Any = (), /) -> sqlite3.Cursor:
        return super().execute(statement, [_storable(value) for value in values])

    def executemany(self, statement: str, rows: Any, /) -> sqlite3.Cursor:
        """Run a statement of the transaction at hand for each row."""
        rows = list(rows)
        super().execute("SAVEPOINT many")
        try:
            return super().executemany(statement, rows)  # looking at each value would cost as much again
        except UnicodeEncodeError:
            super().execute("ROLLBACK TO many")
            return super().executemany(statement, [[_storable(value) for value in row] for row in rows])
        finally:
            super().execute("RELEASE many")


def open_database(state: Path) -> IndexDatabase:
    """Open the index below a store's folder of state; empty where there is none yet."""
    try:
        state.mkdir(exist_ok=True)
        return _connect(state / "index.db")
    except (OSError, sqlite3.OperationalError):
        return open_in_memory()


def renew_database(state: Path) -> IndexDatabase:
    """Open an empty index in place of one that is damaged; in memory where that one cannot be removed."""
    try:
        for path in state.glob("index.db*"):
            path.unlink()
    except OSError:
        return open_in_memory()
    return open_database(state)


def open_in_memory() -> IndexDatabase:
    """Open an empty index that passes with the command."""
    return _connect(":memory:")


def cannot_write(error: sqlite3.DatabaseError) -> bool:
    """Tell whether it is the disk that refuses, which may be full or only be read, while the index is sound."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _REFUSALS


def _connect(file: Path | str) -> IndexDatabase:
    return sqlite3.connect(file, timeout=_BUSY_SECONDS, isolation_level=None, factory=IndexDatabase)


def _storable(value: Any) -> Any:
    if isinstance(value, str) and not value.isascii():
        return value.encode(errors="backslashreplace").decode()
    return value
