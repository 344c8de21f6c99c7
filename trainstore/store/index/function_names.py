"""Which functions a name means. Every question is answered by an index, at any number of versions."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence

from trainstore.disk_format.layout import FUNCTIONS

_MOST_SLASHES = 20  # in a name that is asked for


def functions_named(database: sqlite3.Connection, name: str) -> list[tuple[str, str]]:
    """Return the (data type, model name) of the functions by a name; see `Index.function_names`."""
    slashes = [place for place, letter in enumerate(name) if letter == "/"][:_MOST_SLASHES]
    whole = [part for place in slashes for part in (name[:place], name[place + 1 :])]
    by_whole_name = " OR ".join(["(data_type = ? AND model_name = ?)"] * len(slashes)) or "0"
    for condition, values in ((by_whole_name, whole), ("model_name = ?", [name])):
        found = _functions_with(database, condition, values)
        if found:
            return found
    folders = _folders_ending(database, name)
    return _functions_with(database, f"folder IN ({', '.join('?' * len(folders))})", folders)


def leaps(
    database: sqlite3.Connection, least_above: str, beyond: Callable[[str], str] = str
) -> Iterator[str]:
    """Yield what a query for the least value above another gives, time and again: few values among many rows.

    Args:
        database: the index.
        least_above: the query; one of this package's own.
        beyond: above what to ask for after a value.
    """
    found = database.execute(least_above, ("",)).fetchone()[0]
    while found is not None:
        yield found
        found = database.execute(least_above, (beyond(found),)).fetchone()[0]


def _functions_with(
    database: sqlite3.Connection, condition: str, values: Sequence[str]
) -> list[tuple[str, str]]:
    rows = database.execute(
        f"SELECT DISTINCT data_type, model_name FROM versions WHERE {condition} ORDER BY 1, 2", values
    )
    return [(row[0], row[1]) for row in rows]


def _folders_ending(database: sqlite3.Connection, name: str) -> list[str]:
    """Return where a folder of versions can be whose path ends with a name."""
    if "/" in name:
        return [name, f"{FUNCTIONS}/{name}"]
    least_above = "SELECT min(folder) FROM versions WHERE folder > ?"
    one_of_each_type = leaps(database, least_above, lambda folder: f"{_parent(folder)}0")  # "0" follows "/"
    return [f"{_parent(folder)}/{name}" for folder in one_of_each_type]


def _parent(folder: str) -> str:
    return folder.rpartition("/")[0]
