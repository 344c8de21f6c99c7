"""Reading data sets: from a file, a folder of images, scikit-learn, or the bytes that a name was given to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from trainstore.errors import InvalidData, UsageError
from trainstore.execution.sandbox.levels import SandboxDemand
from trainstore.profiling.file_checks import check_data_file
from trainstore.profiling.load_dataset import load_dataset
from trainstore.profiling.quoting import quoted
from trainstore.records.datasets import Dataset, Features, PinnedFile, Task
from trainstore.store.git.repository import Repository
from trainstore.workflows.transfers.progress import Transfer

if TYPE_CHECKING:
    from trainstore.execution.decode_data import Decoded, Encoded

_KINDS = {".pt": "tensors", ".pth": "tensors", ".parquet": "table"}  # decoded in a worker
_IMAGES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm"}
_PARTS = {"train", "val", "test"}
DEMAND = SandboxDemand()


def read_data(
    reference: str, *, target: str | None = None, task: Task | None = None, sandbox: SandboxDemand = DEMAND
) -> Dataset:
    """Load a data set by its reference.

    Args:
        reference: ``sklearn:NAME``, a file, or a folder of images.
        target: of a table, the column to predict.
        task: takes the targets as classes or as values, whatever their type says.
        sandbox: how well the decoders of .pt, .parquet and image files must be kept in bounds.

    Raises:
        InvalidData: it cannot be used, in one sentence.
        UsageError: a target is given for what has no columns.
        SandboxTooWeak: this machine cannot keep a decoder in bounds.
    """
    with _read_errors_told(reference):
        return _read_data(reference, target, task, sandbox)


def _read_data(reference: str, target: str | None, task: Task | None, sandbox: SandboxDemand) -> Dataset:
    path = Path(reference)
    kind = "images" if path.is_dir() else _KINDS.get(path.suffix.lower())
    if kind is None:
        return load_dataset(reference, target=target, task=task)
    if target is not None and kind != "table":
        raise UsageError(
            f"--target names a column of a table, and {reference!r} is none.", "Leave --target out."
        )
    from trainstore.execution.decode_data import Encoded

    if kind == "images":
        encoded = _images(path)
    else:
        check_data_file(path)
        encoded = Encoded(kind, [path], target=target)
    with _decoded(encoded, reference, sandbox) as found, _told_without_folder(found.archive):
        dataset = read_data(str(found.archive), task=task, sandbox=sandbox)
    return replace(
        dataset,
        source=reference,
        features=found.columns,
        given_as="torch_tensor" if kind == "tensors" else dataset.given_as,
    )


def read_features(
    path: Path, *, target: str | None, columns: Sequence[str], sandbox: SandboxDemand = DEMAND
) -> Features:
    """Load inputs alone, from any file or folder that `read_data` takes; of images in the order of their paths.

    Args:
        path: a file, or a folder of images.
        target: of a table, the column to leave out where it is there.
        columns: of a table, the names of those to take, in this order; all but the target where none is given.
        sandbox: as for `read_data`.

    Raises:
        InvalidData, SandboxTooWeak: as for `read_data`.
    """
    with _read_errors_told(str(path)):
        return _read_features(path, target, columns, sandbox)


def _read_features(
    path: Path, target: str | None, columns: Sequence[str], sandbox: SandboxDemand
) -> Features:
    from trainstore.profiling.load_features import load_features

    kind = "images" if path.is_dir() else _KINDS.get(path.suffix.lower())
    if kind is None:
        return load_features(path, target, columns)
    from trainstore.execution.decode_data import Encoded

    if kind == "images":
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _IMAGES and file.is_file())
        if not files:
            raise InvalidData(f"{path}: holds no images", "Give a folder of images.")
        nothing = [""] * len(files)
        encoded = Encoded(kind, files, nothing, nothing)
    else:
        check_data_file(path)
        encoded = Encoded(kind, [path], target=target, inputs_only=True, columns=columns)
    with _decoded(encoded, str(path), sandbox) as found:
        return load_features(found.archive)


@contextmanager
def _read_errors_told(reference: str) -> Iterator[None]:
    """Tell in a sentence that a file cannot be read, or not be copied for its decoder."""
    try:
        yield
    except OSError as error:
        place = "" if error.filename in (None, reference) else f" at {quoted(str(error.filename))}"
        raise InvalidData(
            f"cannot read {quoted(reference)}{place}: {error.strerror or error}",
            "check the path and its permissions",
        ) from error


@contextmanager
def _decoded(encoded: "Encoded", reference: str, sandbox: SandboxDemand) -> "Iterator[Decoded]":
    """Decode what a person calls by a reference, which is what errors call it."""
    from trainstore.execution.decode_data import decoded

    try:
        with decoded(encoded, sandbox) as found:
            yield found
    except InvalidData as error:
        told = error.message.rpartition("arrays.npz: ")[2]
        raise InvalidData(f"{reference}: {told}", error.hint) from error


def read_pinned(
    repository: Repository,
    pinned: PinnedFile,
    target: str | None,
    task: Task | None,
    sandbox: SandboxDemand,
    transfer: Transfer | None = None,
) -> Dataset:
    """Load the very bytes that were pinned.

    Args:
        repository: the store.
        pinned: which file.
        target: where another column is to be predicted than the one told when it was pinned.
        task: likewise.
        sandbox: as for `read_data`.
        transfer: is told while they come from the DVC remote, where the cache lacks them.

    Raises:
        CheckpointMissing: neither DVC's cache nor the DVC remote has them.
        RemoteFailed, IntegrityProblem: the DVC remote did not give them, or gave something else.
        InvalidData, UsageError, SandboxTooWeak: as for `read_data`.
    """
    with _pinned_file(repository, pinned, transfer) as path:
        dataset = read_data(
            str(path), target=target or pinned.target, task=task or pinned.task, sandbox=sandbox
        )
    return replace(dataset, source=pinned.name, pinned=pinned)


def read_pinned_features(
    repository: Repository,
    pinned: PinnedFile,
    target: str | None,
    columns: Sequence[str],
    sandbox: SandboxDemand,
    transfer: Transfer | None = None,
) -> Features:
    """Load the inputs alone of the very bytes that were pinned.

    Args:
        repository, pinned: the store, and which file.
        target, columns, sandbox: as for `read_features`; the target is the pinned one where None is given.
        transfer: as for `read_pinned`.

    Raises:
        CheckpointMissing, RemoteFailed, IntegrityProblem: as for `read_pinned`.
        InvalidData, SandboxTooWeak: as for `read_data`.
    """
    with _pinned_file(repository, pinned, transfer) as path:
        return read_features(path, target=target or pinned.target, columns=columns, sandbox=sandbox)


@contextmanager
def _pinned_file(repository: Repository, pinned: PinnedFile, transfer: Transfer | None) -> Iterator[Path]:
    """Give a path of a pinned file's very bytes, fetched where they are missing."""
    from trainstore.store.checkpoints.data_files import data_file
    from trainstore.workflows.transfers.receive import bring_here

    bring_here(repository, pinned.md5, f"the data {pinned.file!r} (md5 {pinned.md5})", transfer)
    with data_file(repository.root, pinned.md5, pinned.file) as path, _told_without_folder(path):
        yield path


@contextmanager
def _told_without_folder(path: Path) -> Iterator[None]:
    """Name a file that passes without its folder, which nobody knows."""
    try:
        yield
    except InvalidData as error:
        raise InvalidData(error.message.replace(f"{path.parent}/", ""), error.hint) from error


def _images(folder: Path) -> "Encoded":
    """The images of a folder: ``CLASS/IMAGE``, or divided by its owner ``train/CLASS/IMAGE`` and so on."""
    from trainstore.execution.decode_data import Encoded

    tops = sorted(_visible(folder))
    divided = {"train", "val"} <= {top.name for top in tops} <= _PARTS
    classes = (
        [(top.name, each) for top in tops for each in sorted(_visible(top))]
        if divided
        else [("", top) for top in tops]
    )
    found = [(part, each.name, file) for part, each in classes for file in sorted(_visible(each))]
    strange = next(
        (file for *_, file in found if file.suffix.lower() not in _IMAGES or not file.is_file()), None
    )
    if strange is not None or not found:
        told = (
            f"holds {str(strange.relative_to(folder))!r}, which is no image" if strange else "holds no images"
        )
        raise InvalidData(
            f"{folder}: {told}",
            "A folder of images is CLASS/IMAGE, or train/CLASS/IMAGE and val/CLASS/IMAGE.",
        )
    return Encoded(
        "images", [file for *_, file in found], [label for _, label, _ in found], [part for part, *_ in found]
    )


def _visible(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InvalidData(f"{str(folder)!r} lies where a class's folder should", "Move it away.")
    return (entry for entry in folder.iterdir() if not entry.name.startswith("."))
