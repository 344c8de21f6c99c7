"""Where each thing stands in a store, and what a new store begins with."""

import re
from pathlib import PurePosixPath
from typing import NamedTuple

from trainstore.disk_format.path_parts import clean_part, folder_part, name_digest, shorten, without_case

FUNCTIONS = "generated_training_functions"
RUNS = "training_runs"
DATASETS = "datasets"
STATE = "trainstore"  # inside the git directory

_README = "README.md"  # stands beside the folders of data types
_MOST_FILE_NAME_BYTES = 240
_FILE_NAME = (  # as text: only what writes reads the names of files
    r"training_function_(?P<data_type>numpy_array|torch_tensor|sequence_list|[^_]+)"
    r"_(?P<model_name>.+)_(?P<timestamp>[0-9]{1,12})(?:-[0-9a-f]{8})?\.json"
)

_PART = r"(?!\.{1,2}/)[^/]+"  # a message may claim a path that leads elsewhere
_RECORD = re.compile(f"{FUNCTIONS}/{_PART}/{_PART}/[^/]+")
_RUN_FOLDER = re.compile(f"{RUNS}/{_PART}/{_PART}/{_PART}(?=/.)", re.DOTALL)

GITIGNORE_LINES = (f"/{RUNS}/**/checkpoint/",)
GITATTRIBUTES_LINES = (
    f"/{FUNCTIONS}/**/*.json -text diff=trainstore",
    f"/{RUNS}/**/run.json -text",
)


class FileNameFields(NamedTuple):
    """What the name of a record's file says."""

    data_type: str
    model_name: str
    timestamp: int


def record_file_name(data_type: str, model_name: str, timestamp: int, code_digest: str = "") -> str:
    """Return the file name by the seed's rule.

    Args:
        data_type: as in the record.
        model_name: as in the record.
        timestamp: Unix seconds.
        code_digest: given where another version has this very second; eight hex digits of it are added.
    """
    suffix = f"-{code_digest.removeprefix('sha256:')[:8]}" if code_digest else ""
    tail = f"_{timestamp}{suffix}.json"
    stem = f"training_function_{clean_part(data_type)}_{clean_part(model_name)}"
    return shorten(stem, _MOST_FILE_NAME_BYTES - len(tail), name_digest(model_name)) + tail


def parse_file_name(name: str) -> FileNameFields | None:
    """Return what a file name by the seed's rule says; None for any other name."""
    match = re.fullmatch(_FILE_NAME, name)
    if match is None:
        return None
    return FileNameFields(match["data_type"], match["model_name"], int(match["timestamp"]))


def data_type_part(data_type: str) -> str:
    """Return the folder of a data type, which is its name where that is plain.

    One with capital letters gets its digest: no two then differ by case alone, nor from README.md beside them.
    """
    has_case = without_case(data_type) != data_type
    others = {without_case(_README), *([without_case(clean_part(data_type))] if has_case else [])}
    return folder_part(data_type, others)


def function_folder(data_type_part: str, name_part: str) -> str:
    """Return the folder of a function's versions, from parts that are already clean."""
    return str(PurePosixPath(FUNCTIONS, data_type_part, name_part))


def pin_path(record_path: str) -> str:
    """Return the path of the pin that protects a version, from that of its record."""
    return f"{record_path.removesuffix('.json')}.pin"


def dataset_pointer_path(name: str) -> str:
    """Return the path of the pointer of a pinned data set."""
    return f"{DATASETS}/{name}.dvc"


def runs_folder(function_folder_path: str) -> str:
    """Return the folder of the runs of a function, from the folder of its versions."""
    return str(PurePosixPath(RUNS, *PurePosixPath(function_folder_path).parts[1:]))


def run_folder(function_folder_path: str, run_id: str) -> str:
    """Return the folder of one run."""
    return f"{runs_folder(function_folder_path)}/{run_id}"


def folder_of_run(path: str) -> str | None:
    """Return the folder of the run that a path of a tree lies in; None where it lies in none."""
    found = _RUN_FOLDER.match(path)
    return found[0] if found else None


def run_file(folder: str | PurePosixPath) -> str:
    """Return the path of a run's record, from the folder of the run."""
    return f"{folder}/run.json"


def study_file(folder: str) -> str:
    """Return the path of the study that a run is the best of, likewise."""
    return f"{folder}/study.json"


def checkpoint_folder(folder: str) -> str:
    """Return the path of what a run trained, likewise."""
    return f"{folder}/checkpoint"


def pointer_file(folder: str | PurePosixPath) -> str:
    """Return the path of the pointer by which DVC tracks that."""
    return f"{folder}/checkpoint.dvc"


def is_record_path(path: str) -> bool:
    """Tell whether a path of a tree is that of a version's record."""
    return path.endswith(".json") and _RECORD.fullmatch(path) is not None and _is_text(path)


def is_run_path(path: str) -> bool:
    """Tell whether a path of a tree is that of a run's run.json."""
    return path.endswith("/run.json") and folder_of_run(path) == path[: -len("/run.json")] and _is_text(path)


def is_checkpoint_pointer(path: str) -> bool:
    """Tell whether a path of a tree is that of a checkpoint's pointer."""
    folder, _, name = path.rpartition("/")
    return name == "checkpoint.dvc" and is_run_path(run_file(folder))


def _is_text(path: str) -> bool:
    """Tell whether it has no half of a surrogate pair, which stands for bytes that are no UTF-8."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
