"""A .csv table with a header line: one column is the target, all others are numbers."""

import csv
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.quoting import listed, quoted, reason_of
from trainstore.profiling.raw_data import RawData, RawPart
from trainstore.records.datasets import Task

_LONGEST_ROW = 1 << 25  # characters; two million cells of 16, or as objects a gigabyte of commas
_TEXT_HINT = "encode the column as numbers, or remove it; trainstore never guesses an encoding"


def read_csv(path: Path, target: str | None, task: Task | None) -> RawData:
    """Read a comma-separated UTF-8 table; memory grows with its cells alone.

    Args:
        path: the table, its first line naming the columns.
        target: the column that is y.
        task: ``classification`` takes a target of mixed text and numbers as text.

    Raises:
        InvalidData: naming the line and column at fault.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _read_table(_rows(stream), target, task)
    except UnicodeDecodeError as error:
        raise InvalidData(f"not UTF-8 text ({error.reason})", "save the table as UTF-8") from error


def read_csv_features(
    path: Path, target: str | None, wanted: Sequence[str] = ()
) -> tuple[tuple[str, ...], NDArray[Any]]:
    """Read columns of numbers: the wanted ones in their order, else all but the target. Their names, and X.

    Raises:
        InvalidData: one of them is not there, or cannot be read.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = _rows(stream)
            columns = _check_header(next(rows, (1, []))[1])
            features = tuple(wanted) or tuple(name for name in columns if name != target)
            places = [_place_of(name, columns) for name in features]
            values = array("d")
            for line, row in rows:
                _check_cells(row, columns, line)
                values.extend(_numbers([row[place] for place in places], features, line))
    except UnicodeDecodeError as error:
        raise InvalidData(f"not UTF-8 text ({error.reason})", "save the table as UTF-8") from error
    return features, np.array(values).reshape(-1, max(1, len(features)))


def _place_of(name: str, columns: Sequence[str]) -> int:
    if name not in columns:
        raise InvalidData(
            f"no column is named {quoted(name)}, which the model was trained with",
            "give it the columns of the run's data, in any order",
        )
    return columns.index(name)


class _Lines:
    """The lines of a table, as long as those of one row do not hold more than a row can."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.of_row = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._stream.readline(_LONGEST_ROW + 1)
        self.of_row += len(line)
        if self.of_row > _LONGEST_ROW:
            raise InvalidData(
                f"a row has more than {_LONGEST_ROW:,} characters",
                "is it a table? Quotes must come in pairs; a .npz file can have more columns",
            )
        if not line:
            raise StopIteration
        return line


def _rows(stream: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not blank, with the number of its line."""
    lines = _Lines(stream)
    reader = csv.reader(lines, skipinitialspace=True, strict=True)
    try:
        for row in reader:
            lines.of_row = 0
            if row:
                yield reader.line_num, row
    except csv.Error as error:
        raise InvalidData(
            f"line {reader.line_num} is not CSV: {reason_of(error)}", "quote cells as RFC 4180 does"
        ) from error


def _read_table(rows: Iterator[tuple[int, list[str]]], target: str | None, task: Task | None) -> RawData:
    columns = _check_header(next(rows, (1, []))[1])
    place = _target_place(columns, target)
    features = columns[:place] + columns[place + 1 :]
    values = array("d")
    labels: list[str] = []
    for line, row in rows:
        _check_cells(row, columns, line)
        labels.append(_label(row.pop(place), columns[place], line))
        values.extend(_numbers(row, features, line))
    table = np.frombuffer(values) if labels else np.empty(0)
    X = table.reshape(len(labels), len(features))
    return RawData({"all": RawPart(X, parse_target(labels, columns[place], task))}, tuple(features))


def _check_cells(row: list[str], columns: list[str], line: int) -> None:
    if len(row) != len(columns):
        raise InvalidData(
            f"line {line} has {len(row)} cells and the header has {len(columns)}",
            "give each line one cell for each column; quote cells that contain commas",
        )


def _check_header(header: list[str]) -> list[str]:
    columns = [name.strip() for name in header]
    if not columns:
        raise InvalidData("no header line", "begin the file with one line that names the columns")
    if all(_is_number(name) for name in columns):
        raise InvalidData(
            f"the first line holds only numbers ({listed(columns)}), not the names of the columns",
            "begin the file with one line that names the columns",
        )
    twice, count = Counter(columns).most_common(1)[0]
    if count > 1:
        raise InvalidData(f"two columns are named {quoted(twice)}", "give each column its own name")
    return columns


def _target_place(columns: list[str], target: str | None) -> int:
    if target is None or target not in columns:
        what = "needs a target column" if target is None else f"no column is named {quoted(target)}"
        raise InvalidData(
            f"{what}; the columns are: {listed(columns)}",
            f"name the column to predict, such as --target {quoted(columns[-1])}",
        )
    if len(columns) == 1:
        raise InvalidData(
            f"{quoted(target)} is its only column", "add the columns to predict from, separated by commas"
        )
    return columns.index(target)


def _label(cell: str, column: str, line: int) -> str:
    if not cell.strip():
        raise InvalidData(
            f"column {quoted(column)} is empty at line {line}", "remove that line, or fill its target in"
        )
    return cell


def _numbers(row: list[str], features: Sequence[str], line: int) -> list[float]:
    try:
        numbers = list(map(float, row))
        if "_" not in "".join(row):
            return numbers
    except ValueError:
        pass
    column, cell = next(pair for pair in zip(features, row, strict=True) if not _is_number(pair[1]))
    if not cell.strip():
        raise InvalidData(
            f"column {quoted(column)} is empty at line {line}",
            "remove that line, or fill its values in; trainstore never invents one",
        )
    raise InvalidData(f"column {quoted(column)} holds text ({quoted(cell)} at line {line})", _TEXT_HINT)


def parse_target(cells: list[str], column: str, task: Task | None) -> NDArray[Any] | list[Any]:
    """A column of text as integers if all its cells are, else as floats if all are, else as text.

    Raises:
        InvalidData: some cells are numbers and others are not, and no task says to take them as text.
    """
    for parse in (_int, _float):
        try:
            return [parse(cell) for cell in cells]
        except ValueError:
            continue
    number = next((cell for cell in cells if _is_number(cell)), None)
    if number is not None and task != "classification":
        text = next(cell for cell in cells if not _is_number(cell))
        raise InvalidData(
            f"target column {quoted(column)} mixes numbers ({quoted(number)}) and text ({quoted(text)})",
            "correct the cells that should be numbers, or take all as classes with --task classification",
        )
    return cells


def _int(cell: str) -> int:
    return int(_without_underscore(cell))


def _float(cell: str) -> float:
    return float(_without_underscore(cell))


def _without_underscore(cell: str) -> str:
    if "_" in cell:  # Python reads 1_2 as 12; in a table it is a name
        raise ValueError(cell)
    return cell


def _is_number(cell: str) -> bool:
    try:
        _float(cell)
    except ValueError:
        return False
    return True
