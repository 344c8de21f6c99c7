"""The functions in the tree, each summed up in one row, so that a page of them costs the same in a store of any size."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

_MOST_SCORES = 40  # of the newest runs

_ADD = """
INSERT INTO functions
SELECT model_name, data_type, path, timestamp, confidence, versions,
    (SELECT COUNT(*) FROM versions w JOIN runs r ON r.version_path = w.path
        WHERE w.model_name = v.model_name AND w.data_type = v.data_type AND r.present),
    NULL, NULL, '', words,
    (SELECT COUNT(*) FROM versions o WHERE o.model_name = v.model_name AND o.data_type = v.data_type
        AND (o.timestamp, o.code_digest, o.path) <= (v.timestamp, v.code_digest, v.path))
FROM (
    SELECT model_name, data_type, path, timestamp, code_digest, confidence,
        lower(data_type || '/' || model_name || ' ' || coalesce(api_model, '') || ' ' || parameters) AS words,
        COUNT(*) OVER (PARTITION BY model_name, data_type) AS versions,
        ROW_NUMBER() OVER (
            PARTITION BY model_name, data_type ORDER BY timestamp DESC, code_digest DESC, path DESC) AS place
    FROM versions WHERE present AND {chosen}
) v WHERE place = 1
"""

_SCORED = """
SELECT w.model_name, w.data_type, r.data_digest, r.score FROM runs r JOIN versions w ON r.version_path = w.path
WHERE r.present AND r.outcome = 'succeeded' AND r.score IS NOT NULL AND {chosen}
ORDER BY w.model_name, w.data_type, r.run_id
"""

_CHANGED = "(model_name, data_type) IN (SELECT model_name, data_type FROM changed_functions)"


def sum_up_all(database: sqlite3.Connection) -> None:
    """Sum up every function anew."""
    database.execute("DELETE FROM functions")
    _sum_up(database, "1")


def sum_up_changed(database: sqlite3.Connection) -> None:
    """Sum up the functions of which a version or a run has changed."""
    database.execute(f"DELETE FROM functions WHERE {_CHANGED}")
    _sum_up(database, _CHANGED)
    database.execute("DELETE FROM changed_functions")


def _sum_up(database: sqlite3.Connection, chosen: str) -> None:
    database.execute(_ADD.format(chosen=chosen))
    scored = database.execute(_SCORED.format(chosen=chosen))
    database.executemany(
        "UPDATE functions SET score = ?, best_score = ?, scores = ? WHERE model_name = ? AND data_type = ?",
        list(_summaries(scored)),
    )


def _summaries(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield the newest, the best and the last scores of each function, all on the data of its newest scored run.

    Scores on different data are never compared. A score is an accuracy or an r2: more is better.
    """
    for function, runs in groupby(rows, key=itemgetter(0, 1)):
        own = list(runs)
        data = own[-1][2]
        scores = [row[3] for row in own if row[2] == data]
        yield scores[-1], max(scores), " ".join(map(repr, scores[-_MOST_SCORES:])), *function
