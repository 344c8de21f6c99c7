"""The one path by which anything is written to a store.

New objects go into a private reference, then the work tree, then the index, and the branch moves last. The other
way round, a kill after the branch moved would leave a staged deletion, and the user's next commit would delete
the version. What the user has staged, edited or checked out is never touched.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from trainstore.errors import GitFailed, TrainstoreError
from trainstore.store.git.changes import Change, Commit, Write
from trainstore.store.git.fast_import import Identity, Written
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Head, Repository, read_head
from trainstore.store.git.staged import staged_blobs
from trainstore.store.git.update_index import update_index
from trainstore.store.git.write import (
    add_commits,
    drop_reference,
    move_branch,
    read_identity,
)
from trainstore.store.index.own_commits import tell_index
from trainstore.store.writing.disk_errors import disk_errors_told, is_full
from trainstore.store.writing.git_folders import clear_cut_off, sync_branch, sync_objects
from trainstore.store.writing.journal import FileChange, Journal, clear_journal, read_journal, write_journal
from trainstore.store.writing.lock import writer_lock
from trainstore.store.writing.moves import note_move
from trainstore.store.writing.user_edits import check_index, find_differing, refuse_edited
from trainstore.store.writing.waiting_files import clear_waiting, put_in_place, write_waiting
from trainstore.store.writing.work_tree import (
    clear_passing,
    read_or_none,
    remove_file,
    resolve_paths,
    sync_folder,
    sync_folders,
    write_files,
)

Plan = Callable[[Head], Sequence[Commit]]

_PRIVATE = "refs/worktree/trainstore/pending"  # one is enough: the lock admits one writer
_MOST_TRIES = 50
_PATHS_A_CALL = 500  # an argument list has a size limit


def commit_changes(repository: Repository, plan: Plan, wait_seconds: float = 60.0) -> list[str]:
    """Commit what a plan wants on top of HEAD; all of it or nothing.

    Args:
        repository: where to write.
        plan: called with HEAD as it is under the lock; called again where the branch moved meanwhile.
            An empty answer writes nothing.
        wait_seconds: how long to wait for another writer.

    Returns:
        The full id of each commit, in the plan's order.

    Raises:
        StoreLocked: another writer did not end in time.
        StoreConflict: the user has changed a file that the plan would write or remove.
        GitFailed: git refused.
        TrainstoreError: the disk is full, or the store can only be read.
    """
    # Git works in processes of its own, so what need not wait for it goes on beside it.
    with (
        disk_errors_told(repository.git_dir, "write to the store"),
        writer_lock(repository.state, wait_seconds),
        ThreadPoolExecutor(max_workers=1) as beside,
    ):
        take_back_unfinished(repository)
        identity = beside.submit(read_identity, repository)
        for _ in range(_MOST_TRIES):
            head = read_head(repository)
            commits = plan(head)
            if not commits:
                return []
            ids = _try_commits(repository, head, commits, identity.result(), beside)
            if ids is not None:
                return ids
    raise GitFailed(
        f"The branch moved {_MOST_TRIES} times while this was written.", "Try again when it is quiet."
    )


def take_back_unfinished(repository: Repository) -> None:
    """Bring the paths of an action that did not end back to what HEAD has; the lock must be held.

    Only a file that still is what the action wrote is touched. Where the branch had moved, nothing differs.
    """
    clear_waiting(repository.state)
    journal = read_journal(repository.state)
    if journal is None:
        return
    paths = [file.path for file in journal.files]
    at_head = _blobs_at(repository, read_head(repository), paths)
    contents = read_blobs(
        repository.root, [*at_head.values(), *(file.new for file in journal.files if file.new)]
    )
    targets = resolve_paths(repository.root, paths)
    clear_passing({target.parent for target in targets.values()})
    ours = [
        file.path
        for file in journal.files
        if file.touched and read_or_none(targets[file.path]) == (contents[file.new] if file.new else None)
    ]
    _put(repository, {path: contents[at_head[path]] if path in at_head else None for path in ours})
    staged = staged_blobs(repository, paths)
    entries = [file.path for file in journal.files if staged.get(file.path) == file.new]
    if entries:
        _stage(repository, [(path, at_head.get(path)) for path in entries])
    drop_reference(repository, journal.private)
    clear_journal(repository.state)


def _try_commits(
    repository: Repository, head: Head, commits: Sequence[Commit], identity: Identity, beside: Executor
) -> list[str] | None:
    """Commit on top of HEAD; None where HEAD is not that any more, and nothing was changed."""
    final = {change.path: change for commit in commits for change in commit.changes}
    subject = commits[-1].message.split("\n", 1)[0]
    written = move_to(
        repository,
        head,
        final,
        lambda: add_commits(repository, head, commits, _PRIVATE, identity),
        subject,
        beside,
    )
    if written is None:
        return None
    if not identity.signs:  # git alone knows the time of a signed commit
        tell_index(repository, head.commit, commits, written, identity)
    return written.commits


def move_to(
    repository: Repository,
    head: Head,
    final: Mapping[str, Change],
    write: Callable[[], Written],
    reason: str,
    beside: Executor,
) -> Written | None:
    """Move work tree, index and branch from HEAD to new commits; the lock must be held.

    Args:
        repository: where.
        head: what HEAD is.
        final: what each path that differs there becomes.
        write: puts the commits among git's objects, while the new files are written beside it.
        reason: for the reflog.
        beside: does that.

    Returns:
        None where HEAD is not that any more, and nothing was changed.

    Raises:
        StoreConflict, GitFailed: as for `commit_changes`.
    """
    with _taken_back_on_failure(repository):
        written = _change_files(repository, final, write, beside)
        note_move(repository, head.commit, written.commits)
        moved = read_head(repository) == head and move_branch(
            repository, head, written.commits[-1], _PRIVATE, reason
        )
    if not moved:
        take_back_unfinished(repository)
        return None
    sync_branch(repository, head)
    clear_journal(repository.state)
    return written


def _change_files(
    repository: Repository, final: Mapping[str, Change], write: Callable[[], Written], beside: Executor
) -> Written:
    """Write commits, note them in the journal, and bring the work tree and the index there."""
    found = find_differing(repository, final)
    new_files = {path: change.content for path in found if isinstance(change := final[path], Write)}
    writing = beside.submit(write_waiting, repository.state, new_files)
    try:
        written = write()
    finally:
        waiting = writing.result()
    syncing = beside.submit(sync_objects, repository)
    refuse_edited(repository, found, written.replaced)
    check_index(repository, written)
    files = tuple(FileChange(path, written.blobs[path], path in found) for path in final)
    write_journal(repository.state, Journal(_PRIVATE, files))
    targets = resolve_paths(repository.root, found)
    put_in_place({targets[path]: file for path, file in waiting.items()})
    _remove(repository, [targets[path] for path in found if path not in new_files])
    _stage(repository, written.blobs.items())
    syncing.result()
    return written


@contextmanager
def _taken_back_on_failure(repository: Repository) -> Iterator[None]:
    """Leave nothing half done where a step fails or is interrupted; what this cannot take back the next write does."""
    try:
        yield
    except BaseException as error:
        with suppress(TrainstoreError, OSError):
            if is_full(error, repository.git_dir):
                clear_cut_off(repository)
            take_back_unfinished(repository)
            drop_reference(repository, _PRIVATE)
        raise


def _blobs_at(repository: Repository, head: Head, paths: Sequence[str]) -> dict[str, str]:
    blobs: dict[str, str] = {}
    if head.commit is None:
        return blobs
    for start in range(0, len(paths), _PATHS_A_CALL):
        blobs |= list_tree(repository.root, head.commit, paths[start : start + _PATHS_A_CALL])
    return blobs


def _put(repository: Repository, contents: Mapping[str, bytes | None]) -> None:
    """Make files of the work tree what is given; None takes one away."""
    targets = resolve_paths(repository.root, contents)
    write_files({targets[path]: content for path, content in contents.items() if content is not None})
    _remove(repository, [targets[path] for path, content in contents.items() if content is None])


def _stage(repository: Repository, blobs: Iterable[tuple[str, str | None]]) -> None:
    """Set entries of git's index, durable before the branch moves: a branch ahead of it is a staged deletion."""
    update_index(repository, blobs)
    sync_folder(repository.git_dir)


def _remove(repository: Repository, targets: Iterable[Path]) -> None:
    sync_folders({remove_file(repository.root, target) for target in targets})
