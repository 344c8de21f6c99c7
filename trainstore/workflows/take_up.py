"""Taking up what people did in the folder of functions with their own hands: records dropped there, or edited."""

from pathlib import PurePosixPath

from trainstore.disk_format.layout import FUNCTIONS, is_record_path
from trainstore.errors import TrainstoreError
from trainstore.records.training_record import TrainingRecord, check_record, decode_record
from trainstore.store.git.read import list_tree, read_blobs, read_file
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.entries import Version
from trainstore.store.writing.work_tree import read_or_none, remove_file, resolve_path, write_file
from trainstore.workflows.pending import read_pending
from trainstore.workflows.save import SaveResult, save_mixed
from trainstore.workflows.save_files import Rejected, SaveFilesResult
from trainstore.workflows.save_plan import Incoming


def take_up(repository: Repository) -> SaveFilesResult:
    """Save every record that was dropped into the folder or edited there; a bad one is reported.

    A dropped record keeps its time and goes to its own place. An edited one becomes the next version of its
    function, and the version that it was an edit of comes back.

    Writes: one commit a record; afterwards a file that was taken up is as git has it. One that was not, as nothing
    but its confidence or metadata is new, stays as it is.
    """
    pending = read_pending(repository)
    edited = [path for path in pending.changed if is_record_path(path)]
    dropped: dict[str, Incoming] = {}
    changed: dict[str, Incoming] = {}
    rejected = []
    for path in (*pending.new, *edited):
        try:
            (changed if path in edited else dropped)[path] = _read(repository, path)
        except TrainstoreError as error:
            rejected.append(Rejected(path, error))
    result = save_mixed(repository, keep=list(dropped.values()), save=list(changed.values()))
    _tidy(repository, result, dropped, changed)
    return SaveFilesResult(result, rejected)


def _read(repository: Repository, path: str) -> Incoming:
    target = resolve_path(repository.root, path)
    data = read_or_none(target) or b""
    record = decode_record(data, PurePosixPath(path).name, int(target.lstat().st_mtime))
    check_record(record)
    return Incoming(record, data)


def _tidy(
    repository: Repository, result: SaveResult, dropped: dict[str, Incoming], changed: dict[str, Incoming]
) -> None:
    """Leave each file whose content is in git now as git has it, unless someone has written to it meanwhile."""
    head = str(read_head(repository).commit)
    kept = _contents(repository, head, [*result.saved, *result.unchanged])
    for path, incoming in dropped.items():
        target = resolve_path(repository.root, path)
        if path not in kept and incoming.file in kept.values() and read_or_none(target) == incoming.file:
            remove_file(repository.root, target)
    saved = {_identity(version) for version in result.saved}
    for path, incoming in changed.items():
        target = resolve_path(repository.root, path)
        if _identity(incoming.record) in saved and read_or_none(target) == incoming.file:
            write_file(target, read_file(repository.root, head, path))


def _contents(repository: Repository, head: str, versions: list[Version]) -> dict[str, bytes]:
    """Return the bytes that git has of versions, by path."""
    blobs = list_tree(repository.root, head, [FUNCTIONS]) if versions else {}
    wanted = {version.path: blobs[version.path] for version in versions if version.path in blobs}
    contents = read_blobs(repository.root, wanted.values())
    return {path: contents[blob] for path, blob in wanted.items()}


def _identity(version: Version | TrainingRecord) -> tuple[str, str, str]:
    """Return what makes a version one of its own; a save may have given it another time."""
    return version.function, version.code_digest, version.space_digest
