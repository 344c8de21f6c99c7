"""What git holds of a store, read once for all checks: HEAD's files, and what commits say that they saved."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trainstore.disk_format.layout import DATASETS, FUNCTIONS, RUNS, run_file
from trainstore.store.git.commit_files import files_of_commits
from trainstore.store.git.read import list_tree, read_blobs, try_git
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.messages import RUNNING_ACTIONS, SAVING_ACTIONS, LoggedCommit, read_log

_FILES_A_CALL = 5_000  # held in memory at a time


@dataclass(frozen=True)
class Committed:
    """HEAD's files and the commits that tell of them.

    Attributes:
        files: path -> blob id, of functions, runs and data sets in HEAD's tree.
        unreadable: blobs that git cannot read; told elsewhere.
        tellers: path of a record or run.json -> the commits that say they saved it and the plain ones that wrote
            it, oldest first.
        written: commit -> path -> blob id, of those commits.
        versions: those of the tree by their paths.
        shallow: whether older history is missing on purpose.
    """

    repository: Repository
    files: Mapping[str, str]
    unreadable: frozenset[str]
    tellers: Mapping[str, list[LoggedCommit]]
    written: Mapping[str, Mapping[str, str]]
    versions: Mapping[str, Version]
    shallow: bool

    def name(self, path: str) -> str:
        """Return how a record is named to a person."""
        version = self.versions.get(path)
        return f"{version} ({path})" if version else path

    def contents(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes]]:
        """Yield the content of files of HEAD's tree that git can read."""
        readable = [path for path in paths if self.files[path] not in self.unreadable]
        for start in range(0, len(readable), _FILES_A_CALL):
            some = readable[start : start + _FILES_A_CALL]
            blobs = read_blobs(self.repository.root, [self.files[path] for path in some])
            yield from ((path, blobs[self.files[path]]) for path in some)


def read_committed(
    repository: Repository, head: str, unreadable: Iterable[str], versions: Mapping[str, Version]
) -> Committed:
    """Read HEAD's tree and history.

    Raises:
        GitFailed: a commit, or a folder of one, is damaged.
    """
    log = read_log(repository, None, head)
    asked = [commit.commit for commit in log if _told_path(commit) or _is_plain(commit)]
    written = files_of_commits(repository, asked, [FUNCTIONS, RUNS])
    tellers: dict[str, list[LoggedCommit]] = {}
    for commit in log:
        told = _told_path(commit)
        for path in [told] if told else written.get(commit.commit, ()):
            tellers.setdefault(path, []).append(commit)
    shallow = try_git(repository.root, ["rev-parse", "--is-shallow-repository"])
    return Committed(
        repository,
        list_tree(repository.root, head, [FUNCTIONS, RUNS, DATASETS]),
        frozenset(unreadable),
        tellers,
        written,
        versions,
        shallow is not None and shallow.strip() == b"true",
    )


def _told_path(commit: LoggedCommit) -> str | None:
    if commit.action in SAVING_ACTIONS:
        return commit.trailers.get("Path")
    if commit.action in RUNNING_ACTIONS and "Run-Path" in commit.trailers:
        return run_file(commit.trailers["Run-Path"])
    return None


def _is_plain(commit: LoggedCommit) -> bool:
    """Tell whether someone made a commit with plain git; a merge only brings what its branches told of."""
    return commit.action is None and " " not in commit.parents
