"""Questions on events: what happened, to one function or to all."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from trainstore.store.index.entries import Event, EventFilter


class Events:
    """Questions on events, newest first."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def chosen(
        self, function: tuple[str, str] | None, chosen: EventFilter, limit: int, offset: int
    ) -> list[Event]:
        """Return what happened to one function (data type, model name), or to all, that a filter lets through."""
        conditions, values = chosen.conditions()
        if function is not None:
            own = "e.data_type = ? AND e.model_name = ?"
            with_others = self._pruned_with_others(
                function
            )  # few; without them one index answers, in its order
            places = ", ".join("?" * len(with_others))
            conditions.append(f"({own} OR e.commit_id IN ({places}))" if with_others else own)
            values += (*function, *with_others)
        return self._events(" AND ".join(conditions) or "1", values, limit, offset)

    def of_commits(self, prefix: str) -> list[Event]:
        """Return the events whose commit's id begins so."""
        return self._events("commit_id >= ? AND commit_id < ?", (prefix, prefix + "g"), -1, 0)

    def _pruned_with_others(self, function: tuple[str, str]) -> list[str]:
        """Return the commits that pruned several functions, this one among them, and those that undid it."""
        rows = self._database.execute(
            """
            SELECT DISTINCT commit_id FROM pruned_from
            WHERE folder IN (SELECT folder FROM versions WHERE data_type = ? AND model_name = ?)
            """,
            function,
        )
        return [row[0] for row in rows]

    def _events(self, condition: str, values: Sequence[Any], limit: int, offset: int) -> list[Event]:
        rows = self._database.execute(
            f"""
            SELECT commit_id, committed, author, subject, action, model_name, data_type, timestamp, confidence,
                api_model, run_id,
                CASE WHEN timestamp IS NOT NULL THEN (SELECT COUNT(*) FROM versions o
                    WHERE o.model_name = e.model_name AND o.data_type = e.data_type
                    AND o.timestamp <= e.timestamp) END
            FROM events e WHERE {condition} ORDER BY place DESC LIMIT ? OFFSET ?
            """,
            (*values, limit, offset),
        )
        return [Event(*row) for row in rows]
