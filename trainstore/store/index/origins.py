"""Where versions come from: which request, which kind of data, which other version."""

import sqlite3


class Origins:
    """Questions on origins, each one query by an index."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def of_request(self, digest: str) -> str | None:
        """Return the path of the newest version in the tree that a request made."""
        row = self._database.execute(
            """
            SELECT path FROM versions
            WHERE request_digest = ? AND present ORDER BY timestamp DESC, path DESC LIMIT 1
            """,
            (digest,),
        ).fetchone()
        return row[0] if row else None

    def of_kind(self, data_kind: str, limit: int) -> list[tuple[str, str]]:
        """Return the (function, path) of versions in the tree for a kind of data, those added last first."""
        rows = self._database.execute(
            """
            SELECT data_type || '/' || model_name, path FROM versions
            WHERE data_kind = ? AND present ORDER BY rowid DESC LIMIT ?
            """,
            (data_kind, limit),
        )
        return rows.fetchall()

    def parent(self, path: str) -> str | None:
        """Return the path of the version that one was made from; None where that is not known."""
        row = self._database.execute("SELECT parent FROM versions WHERE path = ?", (path,)).fetchone()
        return row[0] if row else None

    def children(self, path: str) -> list[str]:
        """Return the paths of the versions that were made from one."""
        rows = self._database.execute("SELECT path FROM versions WHERE parent = ? ORDER BY rowid", (path,))
        return [row[0] for row in rows]
