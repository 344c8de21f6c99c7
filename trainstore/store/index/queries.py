"""The index: what git's history and tree say, as tables that answer at once. Derived; deleting it loses nothing."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from trainstore.store.index.entries import (
    Event,
    EventFilter,
    FunctionEntry,
    FunctionFilter,
    FunctionOrder,
    RunEntry,
    Version,
)
from trainstore.store.index.events import Events
from trainstore.store.index.function_names import functions_named, leaps
from trainstore.store.index.origins import Origins
from trainstore.store.index.version_rows import STORED_COLUMNS, VERSION_COLUMNS, version_of

_ORDER = "timestamp, code_digest, path"

_RUN_COLUMNS = """
    run_id, folder, version_path, action, outcome, device, score, data_digest, rerun_of, verdict, claim, study_id,
    committed, commit_id, present
"""


class Index:
    """Questions to the index, each one query. Opened by `trainstore.store.index.update.open_index`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def origins(self) -> Origins:
        """Where versions come from."""
        return Origins(self._database)

    def functions(
        self,
        chosen: FunctionFilter | None = None,
        order: FunctionOrder | None = None,
        *,
        limit: int = -1,
        offset: int = 0,
    ) -> list[FunctionEntry]:
        """Return the functions that have a version in the tree."""
        conditions, values = (chosen or FunctionFilter()).conditions()
        columns = (order or FunctionOrder()).columns()
        rows = self._database.execute(
            f"""
            SELECT {STORED_COLUMNS}, v.ordinal, v.versions, v.runs, v.score, v.best_score, v.scores
            FROM functions v WHERE {" AND ".join(conditions) or "1"} ORDER BY {columns} LIMIT ? OFFSET ?
            """,
            (*values, limit, offset),
        )
        return [
            FunctionEntry(
                version_of(row), row[13], row[14], row[15], row[16], tuple(map(float, row[17].split()))
            )
            for row in rows
        ]

    def count_functions(self, chosen: FunctionFilter | None = None) -> int:
        """Return how many functions a filter lets through."""
        conditions, values = (chosen or FunctionFilter()).conditions()
        where = " AND ".join(conditions) or "1"
        row = self._database.execute(f"SELECT COUNT(*) FROM functions WHERE {where}", values).fetchone()
        return int(row[0])

    def data_types(self) -> list[str]:
        """Return the data types of the functions in the tree, by name."""
        return list(leaps(self._database, "SELECT min(data_type) FROM functions WHERE data_type > ?"))

    def counts(self) -> tuple[int, int, int]:
        """Return how many functions, versions and runs the tree holds."""
        row = self._database.execute(
            """
            SELECT (SELECT COUNT(*) FROM (SELECT DISTINCT data_type, model_name FROM versions WHERE present)),
                (SELECT COUNT(*) FROM versions WHERE present), (SELECT COUNT(*) FROM runs WHERE present)
            """
        ).fetchone()
        return row[0], row[1], row[2]

    def function_names(self, name: str) -> list[tuple[str, str]]:
        """Return the (data type, model name) of the functions that have a version, now or once, by this name.

        A name is the data type, a slash and the true name; or else the true name; or else the end of its folder.
        """
        return functions_named(self._database, name)

    def names_beginning(self, prefix: str, limit: int) -> list[str]:
        """Return names of functions in the tree that begin so, with or without the data type; for completion."""
        rows = self._database.execute(
            """
            SELECT DISTINCT CASE WHEN instr(?, '/') THEN data_type || '/' || model_name ELSE model_name END AS name
            FROM versions WHERE present AND substr(name, 1, length(?)) = ? ORDER BY 1 LIMIT ?
            """,
            (prefix, prefix, prefix, limit),
        )
        return [row[0] for row in rows]

    def all_names(self) -> list[str]:
        """Return the name of every function in history, for suggestions."""
        rows = self._database.execute("SELECT DISTINCT model_name, data_type FROM versions")
        return sorted(f"{data_type}/{model_name}" for model_name, data_type in rows)

    def versions(self, data_type: str, model_name: str) -> list[Version]:
        """Return every version of a function, oldest first, pruned ones too."""
        rows = self._database.execute(
            f"SELECT {STORED_COLUMNS} FROM versions v WHERE model_name = ? AND data_type = ? ORDER BY {_ORDER}",
            (model_name, data_type),
        )
        return [version_of((*row, ordinal)) for ordinal, row in enumerate(rows, start=1)]

    def versions_in_tree(self) -> list[Version]:
        """Return every version that stands in the tree, by function, oldest first."""
        rows = self._database.execute(
            f"SELECT {STORED_COLUMNS} FROM versions v ORDER BY data_type, model_name, {_ORDER}"
        )
        functions = groupby(rows, key=lambda row: (row[3], row[2]))
        return [
            version_of((*row, ordinal))
            for _, own in functions
            for ordinal, row in enumerate(own, start=1)
            if row[11]
        ]

    def versions_at(self, paths: Sequence[str]) -> list[Version]:
        """Return the versions with these paths, in their order."""
        found = self.versions_with(paths)
        return [found[path] for path in paths if path in found]

    def versions_with(self, paths: Iterable[str]) -> dict[str, Version]:
        """Return the versions with these paths, by them; each function is asked for once."""
        wanted = set(paths)
        function_of = "SELECT data_type, model_name FROM versions WHERE path = ?"
        functions = {self._database.execute(function_of, (path,)).fetchone() for path in wanted} - {None}
        every = (version for function in sorted(functions) for version in self.versions(*function))
        return {version.path: version for version in every if version.path in wanted}

    def version_at(self, path: str) -> Version | None:
        """Return the version with this path."""
        return next(iter(self._versions("v.path = ?", (path,))), None)

    def versions_named_like(self, file_name: str) -> list[Version]:
        """Return the versions whose file has this name."""
        return self._versions("substr(v.path, -length(?) - 1) = '/' || ?", (file_name, file_name))

    def versions_of_commits(self, prefix: str) -> list[Version]:
        """Return the versions saved by the commits whose id begins so."""
        return self._versions("v.commit_id >= ? AND v.commit_id < ?", (prefix, prefix + "g"))

    def folders(self, parent: str) -> dict[str, tuple[str, str]]:
        """Return the folders below a data type's folder, each with the (data type, model name) that has it."""
        rows = self._database.execute(
            "SELECT DISTINCT folder, data_type, model_name FROM versions WHERE folder >= ? AND folder < ?",
            (f"{parent}/", f"{parent}0"),
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def runs(self, condition: str = "present", values: Sequence[Any] = ()) -> list[RunEntry]:
        """Return runs, oldest first; the condition is one of this module's own."""
        rows = self._database.execute(
            f"SELECT {_RUN_COLUMNS} FROM runs WHERE {condition} ORDER BY run_id", values
        )
        return [RunEntry(*row) for row in rows]

    def runs_of(self, version_path: str) -> list[RunEntry]:
        """Return the runs of a version, pruned ones too."""
        return self.runs("version_path = ?", (version_path,))

    def runs_with(self, version: Version) -> list[RunEntry]:
        """Return the runs of a version that are in the tree; of one that left it, those that left with it."""
        return [run for run in self.runs_of(version.path) if run.present or not version.present]

    def runs_of_function(self, data_type: str, model_name: str) -> list[RunEntry]:
        """Return the runs in the tree of every version of a function, pruned ones too."""
        versions = "SELECT path FROM versions WHERE data_type = ? AND model_name = ?"
        return self.runs(f"present AND version_path IN ({versions})", (data_type, model_name))

    def runs_in(self, folder: str) -> list[RunEntry]:
        """Return the run with this folder, if there is or was one."""
        return self.runs("run_id = ? AND folder = ?", (folder.rpartition("/")[2], folder))

    def runs_on_data(self, digest: str, limit: int) -> list[RunEntry]:
        """Return the newest runs in the tree on data of a digest, newest first."""
        rows = self._database.execute(
            f"SELECT {_RUN_COLUMNS} FROM runs WHERE data_digest = ? AND present ORDER BY run_id DESC LIMIT ?",
            (digest, limit),
        )
        return [RunEntry(*row) for row in rows]

    def runs_of_studies(self) -> list[RunEntry]:
        """Return the runs in the tree that were the best of a study."""
        return self.runs("study_id IS NOT NULL AND present")

    def runs_with_prefix(self, prefix: str) -> list[RunEntry]:
        """Return the runs whose id begins so."""
        return self.runs("run_id >= ? AND run_id < ?", (prefix, prefix + "~"))

    def events(
        self,
        function: tuple[str, str] | None = None,
        chosen: EventFilter | None = None,
        *,
        limit: int = -1,
        offset: int = 0,
    ) -> list[Event]:
        """Return what happened, newest first, to one function (data type, model name) or to all."""
        return Events(self._database).chosen(function, chosen or EventFilter(), limit, offset)

    def events_of_commits(self, prefix: str) -> list[Event]:
        """Return the events whose commit's id begins so."""
        return Events(self._database).of_commits(prefix)

    def _versions(self, condition: str, values: Sequence[Any]) -> list[Version]:
        rows: Iterator[Any] = self._database.execute(
            f"SELECT {VERSION_COLUMNS} FROM versions v WHERE {condition} ORDER BY timestamp, code_digest, path",
            values,
        )
        return [version_of(row) for row in rows]
