"""The one way in: a reference that a person writes, to a data set."""

from pathlib import Path

from trainstore.errors import InvalidData, UsageError
from trainstore.profiling.build_dataset import build_dataset
from trainstore.profiling.csv_file import read_csv
from trainstore.profiling.file_checks import PICKLE_REASON, check_data_file
from trainstore.profiling.jsonl_file import read_jsonl
from trainstore.profiling.npy_pair import pair_of, read_npy_pair
from trainstore.profiling.npz_file import read_npz
from trainstore.profiling.quoting import quoted, reason_of
from trainstore.profiling.raw_data import RawData
from trainstore.profiling.sklearn_names import SKLEARN_PREFIX
from trainstore.records.datasets import Dataset, Task

_HINT = (
    "give a .npz, .npy, .safetensors, .pt, .csv, .parquet or .jsonl file, a folder of images, or sklearn:NAME"
)
_PICKLED = frozenset({".pkl", ".pickle", ".joblib", ".pt", ".pth"})


def load_dataset(reference: str, *, target: str | None = None, task: Task | None = None) -> Dataset:
    """Load and check a data set.

    Args:
        reference: ``sklearn:NAME``, or a file ending in .npz, .npy, .safetensors, .csv or .jsonl.
        target: for a .csv file, the column to predict.
        task: takes the targets as classes or as values, whatever their type says.

    Raises:
        InvalidData: the data cannot be used, in one sentence that names the reference.
        UsageError: ``target`` was given for data that has no columns.
    """
    if target is not None and not reference.lower().endswith(".csv"):
        raise UsageError(
            f"--target names a column of a .csv file, and {quoted(reference)} is none", "leave --target out"
        )
    try:
        return _load(reference, _files(reference), target, task)
    except OSError as error:
        raise InvalidData(
            f"cannot read {quoted(reference)}: {error.strerror or reason_of(error)}",
            "check the path and its permissions",
        ) from error
    except MemoryError as error:
        raise InvalidData(
            f"{quoted(reference)} does not fit in memory", "use a smaller part of the data"
        ) from error


def _files(reference: str) -> tuple[Path, ...]:
    """The files that a reference names, checked to be there; none for data that comes with scikit-learn."""
    if reference.startswith(SKLEARN_PREFIX):
        return ()
    suffix = Path(reference).suffix.lower()
    paths = pair_of(reference) if suffix == ".npy" else (Path(reference),)
    for path in paths:
        check_data_file(path)
    return paths


def _load(reference: str, files: tuple[Path, ...], target: str | None, task: Task | None) -> Dataset:
    try:
        return build_dataset(_read(reference, files, target, task), source=reference, task=task)
    except InvalidData as error:
        raise InvalidData(f"{quoted(reference)[1:-1]}: {error.message}", error.hint) from error


def _read(reference: str, files: tuple[Path, ...], target: str | None, task: Task | None) -> RawData:
    if not files:
        from trainstore.profiling.sklearn_datasets import read_sklearn

        return read_sklearn(reference.removeprefix(SKLEARN_PREFIX))
    suffix = files[0].suffix.lower()
    match suffix:
        case ".npz":
            return read_npz(files[0])
        case ".npy":
            return read_npy_pair(*files)
        case ".csv":
            return read_csv(files[0], target, task)
        case ".jsonl":
            return read_jsonl(files[0])
        case ".safetensors":
            from trainstore.profiling.safetensors_file import read_safetensors

            return read_safetensors(files[0])
    ending = f"ending in {quoted(suffix)}" if suffix else "without an ending"
    reason = PICKLE_REASON if suffix in _PICKLED else f"a file {ending} has no known format"
    raise InvalidData(reason, _HINT)
