"""A run's files as they leave the tree and come back: run.json, the pointer, and the checkpoint's folder."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from trainstore.disk_format.layout import checkpoint_folder
from trainstore.errors import CheckpointMissing, IntegrityProblem, RemoteFailed
from trainstore.store.git.changes import Change, Remove, Write
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import RunEntry
from trainstore.store.writing.work_tree import remove_file
from trainstore.workflows.read_run import readable_runs

_RUNS_A_CALL = 200  # held in memory at a time; each lists what was installed


@dataclass(frozen=True)
class CheckpointFolders:
    """Checkpoints whose folder could not follow the tree.

    Attributes:
        missing: come back in the tree, but their data is not in the cache; of some, because it was reclaimed.
        reclaimed: those, with the Unix seconds when it was.
        kept: gone from the tree, but their folder holds bytes that the cache does not have.
    """

    missing: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    reclaimed: Mapping[str, int] = field(default_factory=dict)


def bring_back(repository: Repository, commit: str, folders: Iterable[str]) -> list[Change]:
    """Return the writes that put every file of folders back as it was in a commit."""
    wanted = list(folders)
    blobs = list_tree(repository.root, commit, wanted) if wanted else {}
    contents = read_blobs(repository.root, blobs.values())
    return [Write(path, contents[blob]) for path, blob in blobs.items()]


def take_out(repository: Repository, head: str, folders: Iterable[str]) -> list[Change]:
    """Return the removals of every file that a commit has below folders."""
    wanted = list(folders)
    return [Remove(path) for path in (list_tree(repository.root, head, wanted) if wanted else {})]


def follow_tree(
    repository: Repository, came: Iterable[RunEntry], went: Iterable[RunEntry]
) -> CheckpointFolders:
    """Make the folders of checkpoints agree with the tree: link those that came, take away those that went.

    Writes: checkpoint folders in the work tree. A folder is only removed where the cache has all its bytes.
    """
    missing = dict(_link(repository, _checkpoints(repository, came)))
    kept = take_away(repository, dict(_checkpoints(repository, went)))
    return CheckpointFolders(tuple(missing), tuple(kept), _reclaimed(repository, missing))


def _reclaimed(repository: Repository, missing: Mapping[str, str]) -> dict[str, int]:
    if not missing:
        return {}
    from trainstore.store.checkpoints.reclaimed import read_reclaimed

    times = read_reclaimed(repository)
    return {folder: times[md5] for folder, md5 in missing.items() if md5 in times}


def _link(repository: Repository, checkpoints: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Link checkpoints into their folders; yield those that neither the cache nor the DVC remote gives, as given."""
    for folder, md5 in checkpoints:
        from trainstore.store.checkpoints.tracked import checkout_checkpoint
        from trainstore.workflows.transfers.receive import bring_here

        try:
            bring_here(repository, md5, f"the checkpoint {folder}")
            checkout_checkpoint(repository.root, folder, md5)
        except (CheckpointMissing, RemoteFailed, IntegrityProblem):  # the tree is what was asked for
            yield folder, md5


def _checkpoints(repository: Repository, runs: Iterable[RunEntry]) -> Iterator[tuple[str, str]]:
    """Yield the folder and the id of the checkpoint of each run that has one, by its record."""
    rest = list(runs)
    while rest:
        some, rest = rest[:_RUNS_A_CALL], rest[_RUNS_A_CALL:]
        for run, record in readable_runs(repository, some):
            if record.checkpoint is not None:
                yield checkpoint_folder(run.folder), record.checkpoint["md5"]


def take_away(repository: Repository, checkpoints: Mapping[str, str]) -> list[str]:
    """Take folders of checkpoints out of the work tree; return those whose bytes the cache does not all have.

    Args:
        repository: the store.
        checkpoints: folder -> md5 of its checkpoint.
    """
    kept = []
    for folder, md5 in checkpoints.items():
        if not (repository.root / folder).is_dir():
            continue
        from trainstore.store.checkpoints.tracked import remove_checkpoint

        if remove_checkpoint(repository.root, folder, md5):
            kept.append(folder)
        else:
            remove_file(repository.root, repository.root / folder)  # and what is empty above it
    return kept
