"""The one path by which anything is written to a store.

New objects go into a private reference, then the work tree, then the index, and the branch moves last. The other
way round, a kill after the branch moved would leave a staged deletion, and the user's next commit would delete
the version. What the user has staged, edited or checked out is never touched.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

from trainstore.errors import GitFailed, StoreConflict, TrainstoreError
from trainstore.store.changes import Change, Commit, Write
from trainstore.store.git_read import ask_git, list_tree, read_blobs
from trainstore.store.git_write import add_commits, drop_reference, move_branch, update_index
from trainstore.store.journal import FileChange, Journal, clear_journal, read_journal, write_journal
from trainstore.store.lock import writer_lock
from trainstore.store.repository import Head, Repository, read_head
from trainstore.store.work_tree import clear_passing, read_or_none, remove_file, resolve_paths, write_files

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
    """
    with writer_lock(repository.state, wait_seconds):
        take_back_unfinished(repository)
        for _ in range(_MOST_TRIES):
            head = read_head(repository)
            commits = plan(head)
            if not commits:
                return []
            ids = _try_commits(repository, head, commits)
            if ids is not None:
                return ids
    raise GitFailed(
        f"The branch moved {_MOST_TRIES} times while this was written.", "Try again when it is quiet."
    )


def take_back_unfinished(repository: Repository) -> None:
    """Bring the paths of an action that did not end back to what HEAD has; the lock must be held.

    Only a file that still is what the action wrote is touched. Where the branch had moved, nothing differs.
    """
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
    staged = _staged(repository, paths)
    entries = [file.path for file in journal.files if staged.get(file.path) == file.new]
    if entries:
        update_index(repository, [(path, at_head.get(path)) for path in entries])
    drop_reference(repository, journal.private)
    clear_journal(repository.state)


def _try_commits(repository: Repository, head: Head, commits: Sequence[Commit]) -> list[str] | None:
    """Commit on top of HEAD; None where HEAD is not that any more, and nothing was changed."""
    final = {change.path: change for commit in commits for change in commit.changes}
    at_head = _blobs_at(repository, head, list(final))
    touched = _check_work_tree(repository, final, at_head)
    with _taken_back_on_failure(repository):
        answers = add_commits(repository, head, commits, _PRIVATE)
        blobs = _new_blobs(commits, answers)
        _check_index(repository, blobs, at_head)
        files = tuple(FileChange(path, blobs[path], path in touched) for path in final)
        write_journal(repository.state, Journal(_PRIVATE, files))
        _put(repository, {path: _content(final[path]) for path in touched})
        update_index(repository, blobs.items())
        ids = [answer[-1] for answer in answers]
        subject = commits[-1].message.split("\n", 1)[0]
        moved = read_head(repository) == head and move_branch(repository, head, ids[-1], _PRIVATE, subject)
    if not moved:
        take_back_unfinished(repository)
        return None
    clear_journal(repository.state)
    return ids


@contextmanager
def _taken_back_on_failure(repository: Repository) -> Iterator[None]:
    """Leave nothing half done where a step fails or is interrupted; what this cannot take back the next write does."""
    try:
        yield
    except BaseException:
        with suppress(TrainstoreError, OSError):
            take_back_unfinished(repository)
            drop_reference(repository, _PRIVATE)
        raise


def _new_blobs(commits: Sequence[Commit], answers: Sequence[Sequence[str]]) -> dict[str, str | None]:
    blobs: dict[str, str | None] = {}
    for commit, ids in zip(commits, answers, strict=True):
        written = iter(ids)
        for change in commit.changes:
            blobs[change.path] = next(written) if isinstance(change, Write) else None
    return blobs


def _check_work_tree(repository: Repository, final: dict[str, Change], at_head: dict[str, str]) -> set[str]:
    """Return the paths whose file has to change, refusing any that the user has edited."""
    touched: set[str] = set()
    replaced: dict[str, bytes] = {}
    for path, target in resolve_paths(repository.root, final).items():
        found = read_or_none(target)
        if found is None and os.path.lexists(target):  # a link or a folder
            raise _edited(path)
        if found != _content(final[path]):
            touched.add(path)
            if found is not None:
                replaced[path] = found
    committed = read_blobs(repository.root, [at_head[path] for path in replaced if path in at_head])
    for path, found in replaced.items():
        if committed.get(at_head.get(path, "")) != found:
            raise _edited(path)
    return touched


def _edited(path: str) -> StoreConflict:
    return StoreConflict(
        f"{path!r} has changes that are not committed.", "Commit them, or move the file away, then try again."
    )


def _check_index(repository: Repository, blobs: dict[str, str | None], at_head: dict[str, str]) -> None:
    staged = _staged(repository, list(blobs))
    for path, blob in blobs.items():
        if staged.get(path) not in (at_head.get(path), blob):
            raise StoreConflict(f"{path!r} has staged changes.", "Commit or unstage them, then try again.")


def _staged(repository: Repository, paths: Sequence[str]) -> dict[str, str]:
    entries = {}
    for start in range(0, len(paths), _PATHS_A_CALL):
        output = ask_git(
            repository.root, ["ls-files", "-s", "-z", "--", *paths[start : start + _PATHS_A_CALL]]
        )
        for line in output.split(b"\0")[:-1]:
            entry, _, path = line.partition(b"\t")
            entries[os.fsdecode(path)] = entry.split(b" ")[1].decode()
    return entries


def _blobs_at(repository: Repository, head: Head, paths: Sequence[str]) -> dict[str, str]:
    blobs: dict[str, str] = {}
    if head.commit is None:
        return blobs
    for start in range(0, len(paths), _PATHS_A_CALL):
        blobs |= list_tree(repository.root, head.commit, paths[start : start + _PATHS_A_CALL])
    return blobs


def _content(change: Change) -> bytes | None:
    return change.content if isinstance(change, Write) else None


def _put(repository: Repository, contents: Mapping[str, bytes | None]) -> None:
    """Make files of the work tree what is given; None takes one away."""
    targets = resolve_paths(repository.root, contents)
    write_files({targets[path]: content for path, content in contents.items() if content is not None})
    for path, content in contents.items():
        if content is None:
            remove_file(repository.root, targets[path])
