"""A .jsonl file: on each line one sequence and its label, sequences of any length."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainstore.errors import InvalidData
from trainstore.profiling.quoting import reason_of
from trainstore.profiling.raw_data import RawData, RawPart
from trainstore.profiling.sequences import check_sequence, join_sequences
from trainstore.records.datasets import Sequences

_LONGEST_LINE = 1 << 26  # characters; as Python's objects twenty times as many bytes
_LINE_HINT = (
    'write each line as {"x": [[1.0, 2.0], [3.0, 4.0]], "y": 0}: time steps of x first, then channels'
)
_JSON_WORDS = {bool: "true or false", str: "text", type(None): "null", list: "lists", dict: "objects"}


def read_jsonl(path: Path) -> RawData:
    """Read one sequence a line; always as sequences of unequal length, even where all are equal.

    Raises:
        InvalidData: naming the line at fault.
    """
    joined, labels = _read(path, ("x", "y"))
    return RawData({"all": RawPart(joined, labels)})


def read_jsonl_features(path: Path) -> Sequences:
    """Read the sequences alone; lines need no ``y``. Raises InvalidData."""
    return _read(path, ("x",))[0]


def _read(path: Path, keys: tuple[str, ...]) -> tuple[Sequences, list[object]]:
    sequences: list[NDArray[Any]] = []
    labels: list[object] = []
    lines: list[int] = []
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for line, text in enumerate(iter(lambda: stream.readline(_LONGEST_LINE + 1), ""), start=1):
                if len(text) > _LONGEST_LINE:
                    raise InvalidData(
                        f"line {line} has more than {_LONGEST_LINE:,} characters",
                        "divide that sequence into shorter ones",
                    )
                if not text.isspace():
                    sequence, label = parse_line(text, line, keys)
                    sequences.append(sequence)
                    labels.append(label)
                    lines.append(line)
    except UnicodeDecodeError as error:
        raise InvalidData(f"not UTF-8 text ({error.reason})", "save the file as UTF-8") from error
    if not sequences:
        raise InvalidData("no lines", _LINE_HINT)
    return join_sequences(sequences, lambda place: f"x on line {lines[place]}"), labels


def parse_line(text: str, line: int, keys: tuple[str, ...] = ("x", "y")) -> tuple[NDArray[Any], object]:
    """The sequence (float32, shape (length, channels)) and the label of one line.

    Raises:
        InvalidData: naming the line.
    """
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError also for integers of thousands of digits
        raise InvalidData(f"line {line} is not JSON: {reason_of(error)}", _LINE_HINT) from error
    if not isinstance(entry, dict):
        raise InvalidData(f"line {line} is not an object", _LINE_HINT)
    for key in keys:
        if key not in entry:
            raise InvalidData(f"line {line} lacks '{key}'", _LINE_HINT)
    return check_sequence(_values(entry["x"], f"x on line {line}"), f"x on line {line}"), entry.get("y")


def _values(steps: object, name: str) -> NDArray[Any]:
    if not isinstance(steps, list) or not all(isinstance(step, list) for step in steps):
        raise InvalidData(f"{name} is not a list of time steps, each a list of channels", _LINE_HINT)
    # Looked at before numpy sees them: numpy takes "1" and true for numbers.
    strange = {type(value) for step in steps for value in step} - {int, float}
    if strange:
        words = ", ".join(sorted(_JSON_WORDS[kind] for kind in strange))
        raise InvalidData(f"{name} holds {words} where numbers should be", _LINE_HINT)
    try:
        return np.asarray(steps, dtype=np.float64)
    except ValueError as error:
        raise InvalidData(f"{name} has time steps with different numbers of channels", _LINE_HINT) from error
    except OverflowError as error:
        raise InvalidData(
            f"{name} holds an integer too large for a float", "scale the values down"
        ) from error
