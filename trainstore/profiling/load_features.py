"""Inputs alone, without targets: what a trained model is asked about."""

from collections.abc import Sequence
from pathlib import Path

from trainstore.errors import InvalidData
from trainstore.profiling.build_dataset import check_features
from trainstore.profiling.csv_file import read_csv_features
from trainstore.profiling.file_checks import check_data_file
from trainstore.profiling.jsonl_file import read_jsonl_features
from trainstore.profiling.npy_pair import read_npy
from trainstore.profiling.npz_file import read_npz_features
from trainstore.profiling.quoting import quoted, reason_of
from trainstore.profiling.safetensors_file import read_safetensors_features
from trainstore.records.datasets import Features

_HINT = "give X in a .npz, .npy, .safetensors, .csv or .jsonl file"


def load_features(path: Path, target: str | None = None, columns: Sequence[str] = ()) -> Features:
    """Load X from a file that may lack y; a y that is there is not read.

    Args:
        path: .npz and .safetensors with ``X``; .npy; .csv; .jsonl with ``x`` on each line.
        target: of a .csv file, the column to leave out where it is there.
        columns: of a .csv file, the names of those to take, in this order; all but the target where none is given.

    Raises:
        InvalidData: it cannot be used, in one sentence that names the file.
    """
    try:
        check_data_file(path)
        try:
            return _read(path, target, columns)
        except InvalidData as error:
            raise InvalidData(f"{quoted(str(path))[1:-1]}: {error.message}", error.hint) from error
    except OSError as error:
        reason = error.strerror or reason_of(error)
        raise InvalidData(f"cannot read {quoted(str(path))}: {reason}", _HINT) from error
    except MemoryError as error:
        raise InvalidData(f"{quoted(str(path))} does not fit in memory", "ask about fewer rows") from error


def _read(path: Path, target: str | None, columns: Sequence[str]) -> Features:
    match path.suffix.lower():
        case ".npz":
            return check_features(read_npz_features(path), "X")
        case ".npy":
            return check_features(read_npy(path, "X"), "X")
        case ".safetensors":
            return check_features(read_safetensors_features(path), "X")
        case ".csv":
            names, X = read_csv_features(path, target, columns)
            return check_features(X, "X", names)
        case ".jsonl":
            return read_jsonl_features(path)
    raise InvalidData("no file of inputs is read from such an ending", _HINT)
