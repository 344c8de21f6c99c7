"""Where versions come from: which request, which kind of data, which other version."""

import sqlite3
from collections.abc import Iterable

from trainstore.records.origin import Origin


def add_origins(database: sqlite3.Connection, origins: Iterable[tuple[str, Origin]]) -> None:
    """Add the origins of versions, by their paths; of several for one path, the last counts."""
    database.executemany(
        """
        INSERT INTO origins VALUES (?, ?, ?, ?) ON CONFLICT (path) DO UPDATE SET
            request_digest = excluded.request_digest, data_kind = excluded.data_kind, parent = excluded.parent
        """,
        [(path, *origin) for path, origin in origins],
    )


class Origins:
    """Questions on origins, each one query by an index."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def of_request(self, digest: str) -> str | None:
        """Return the path of the newest version in the tree that a request made."""
        row = self._database.execute(
            """
            SELECT v.path FROM origins o JOIN versions v ON v.path = o.path
            WHERE o.request_digest = ? AND v.present ORDER BY v.timestamp DESC, v.path DESC LIMIT 1
            """,
            (digest,),
        ).fetchone()
        return row[0] if row else None

    def of_kind(self, data_kind: str, limit: int) -> list[tuple[str, str]]:
        """Return the (function, path) of versions in the tree for a kind of data, those added last first."""
        rows = self._database.execute(
            """
            SELECT v.data_type || '/' || v.model_name, v.path FROM origins o JOIN versions v ON v.path = o.path
            WHERE o.data_kind = ? AND v.present ORDER BY o.rowid DESC LIMIT ?
            """,
            (data_kind, limit),
        )
        return rows.fetchall()

    def parent(self, path: str) -> str | None:
        """Return the path of the version that one was made from; None where that is not known."""
        row = self._database.execute("SELECT parent FROM origins WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def children(self, path: str) -> list[str]:
        """Return the paths of the versions that were made from one."""
        rows = self._database.execute("SELECT path FROM origins WHERE parent = ? ORDER BY rowid", (path,))
        return [row[0] for row in rows]
