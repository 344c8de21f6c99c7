"""The functions in the tree, each summed up in one row, so that a page of them costs the same in a store of any size."""

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any

from trainstore.store.index.version_rows import VERSION_COLUMNS

_MOST_SCORES = 40  # of the newest runs

# The newest version of each function is found through an index: reading the rows of all of them took five times as long.
_ADD = f"""
INSERT INTO functions
SELECT {VERSION_COLUMNS},
    (SELECT COUNT(*) FROM versions w
        WHERE w.model_name = v.model_name AND w.data_type = v.data_type AND w.present),
    (SELECT COUNT(*) FROM versions w JOIN runs r ON r.version_path = w.path
        WHERE w.model_name = v.model_name AND w.data_type = v.data_type AND r.present),
    NULL, NULL, '',
    lower(v.data_type || '/' || v.model_name || ' ' || coalesce(v.api_model, '') || ' ' || v.parameters)
FROM changed_functions f JOIN versions v ON v.path = (
    SELECT path FROM versions w WHERE w.model_name = f.model_name AND w.data_type = f.data_type AND w.present
    ORDER BY w.timestamp DESC, w.code_digest DESC, w.path DESC LIMIT 1)
"""

_SCORED = """
SELECT w.model_name, w.data_type, r.data_digest, r.score
FROM changed_functions f JOIN versions w ON w.model_name = f.model_name AND w.data_type = f.data_type
JOIN runs r ON r.version_path = w.path
WHERE r.present AND r.outcome = 'succeeded' AND r.score IS NOT NULL
ORDER BY w.model_name, w.data_type, r.run_id
"""


def mark_all(database: sqlite3.Connection) -> None:
    """Let every function be summed up, as in an index that was filled before it had triggers."""
    database.execute(
        "INSERT OR IGNORE INTO changed_functions SELECT DISTINCT model_name, data_type FROM versions"
    )


def sum_up(database: sqlite3.Connection) -> None:
    """Sum up the functions of which a version or a run has changed."""
    database.execute(
        """DELETE FROM functions
            WHERE (model_name, data_type) IN (SELECT model_name, data_type FROM changed_functions)"""
    )
    database.execute(_ADD)
    database.executemany(
        "UPDATE functions SET score = ?, best_score = ?, scores = ? WHERE model_name = ? AND data_type = ?",
        _summaries(database.execute(_SCORED)),
    )
    database.execute("DELETE FROM changed_functions")


def _summaries(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield the newest, the best and the last scores of each function, all on the data of its newest scored run.

    Scores on different data are never compared. A score is an accuracy or an r2: more is better.
    """
    for function, runs in groupby(rows, key=itemgetter(0, 1)):
        own = list(runs)
        data = own[-1][2]
        scores = [row[3] for row in own if row[2] == data]
        yield scores[-1], max(scores), " ".join(map(repr, scores[-_MOST_SCORES:])), *function
