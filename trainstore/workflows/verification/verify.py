"""Verifying a store: is everything that was saved still there, and still what it was?"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from trainstore.errors import GitFailed
from trainstore.store.git.object_check import ObjectCheck, check_objects
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.check import check_index
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.absent import Absent
from trainstore.workflows.verification.damage import tell_damage
from trainstore.workflows.verification.data_sets import check_data_sets, data_pointers
from trainstore.workflows.verification.reading import Committed, read_committed
from trainstore.workflows.verification.records import check_records
from trainstore.workflows.verification.references import check_references
from trainstore.workflows.verification.runs import RunsCheck, check_runs
from trainstore.workflows.verification.studies import check_studies
from trainstore.workflows.verification.work_tree import check_journal, check_work_tree, tell_index

if TYPE_CHECKING:
    from trainstore.workflows.verification.remote import RemoteCheck, RemoteOptions


@dataclass
class Checked:
    """How much was looked at; ``bytes_hashed`` is of DVC's cache, git hashes every object besides."""

    objects: int = 0
    versions: int = 0
    runs: int = 0
    checkpoints: int = 0
    data_sets: int = 0
    bytes_hashed: int = 0


@dataclass(frozen=True)
class VerifyResult:
    """What was looked at and what is wrong, the worst first; of the DVC remote, where it was asked."""

    checked: Checked
    problems: tuple[Problem, ...]
    remote: "RemoteCheck | None" = None

    @property
    def ok(self) -> bool:
        """Whether all that was saved is there and what it was; warnings do not count."""
        return all(problem.severity != "error" for problem in self.problems)


def _ignore(*_: object) -> None:
    pass


@dataclass(frozen=True)
class Progress:
    """Who is told while a check lasts: each step in a few words, and how many of how many are done."""

    on_step: Callable[[str], None] = _ignore
    on_count: Callable[[int, int], None] = _ignore


@dataclass
class _Verification:
    repository: Repository
    content: bool
    progress: Progress
    remote: "RemoteOptions | None"
    remote_check: "RemoteCheck | None" = None
    checked: Checked = field(default_factory=Checked)
    problems: list[Problem] = field(default_factory=list)


def verify(
    repository: Repository,
    *,
    content: bool = False,
    progress: Progress | None = None,
    remote: "RemoteOptions | None" = None,
) -> VerifyResult:
    """Check git's objects, every record, run and data set in HEAD's tree, checkpoints, the work tree and the index.

    Nothing is written and nothing is repaired, unless the DVC remote is to be.

    Args:
        repository: the store.
        content: read every byte of every checkpoint and data set, and parse the code of every record, as well.
        progress: is told of the progress.
        remote: how to check the DVC remote as well; None to leave it alone.

    Raises:
        GitFailed, UsageError: git is missing; DVC's configuration cannot be used.
        RemoteFailed: the DVC remote cannot be reached, or refuses.
    """
    verification = _Verification(repository, content, progress or Progress(), remote)
    verification.progress.on_step("git's objects")
    verification.problems += check_references(repository)
    try:
        objects = check_objects(repository)
    except GitFailed as error:
        if not verification.problems:
            raise
        verification.problems.append(_unchecked(error))
        return VerifyResult(verification.checked, tuple(verification.problems))
    verification.checked.objects = objects.counted
    verification.problems += tell_damage(repository, objects)
    for check in (_check_committed, _check_passing):
        try:
            check(verification, objects)
        except GitFailed as error:
            verification.problems.append(_unchecked(error))
    problems = sorted(verification.problems, key=lambda problem: problem.severity)  # errors, then warnings
    return VerifyResult(verification.checked, tuple(problems), verification.remote_check)


def _unchecked(error: GitFailed) -> Problem:
    told = f"Not all could be checked: {error.message}"
    return Problem("unchecked", told, "Repair what is told here, then: trainstore verify")


def _check_committed(verification: _Verification, objects: ObjectCheck) -> None:
    repository, progress = verification.repository, verification.progress
    head = read_head(repository).commit
    if head is None:
        if objects.objects or objects.references:
            raise GitFailed("HEAD names no commit that can be read.")
        return
    progress.on_step("the index")
    index = check_index(repository)
    verification.problems += tell_index(index)
    progress.on_step("records")
    committed = read_committed(repository, head, objects.objects, index.versions)
    problems, code_digests = check_records(committed, verification.content, progress.on_count)
    verification.problems += problems
    verification.checked.versions = len(code_digests)
    progress.on_step("runs")
    runs = check_runs(committed, code_digests, progress.on_count)
    verification.problems += runs.problems
    verification.problems += check_studies(committed, runs.of_studies)
    verification.checked.runs = runs.runs
    if runs.with_checkpoint or data_pointers(committed):
        _check_cache(verification, committed, runs)


def _check_cache(verification: _Verification, committed: Committed, runs: RunsCheck) -> None:
    from trainstore.store.checkpoints.check import CacheChecker
    from trainstore.store.checkpoints.dvc_cache import DvcCache
    from trainstore.workflows.verification.checkpoints import check_checkpoint

    root, progress, checked = committed.repository.root, verification.progress, verification.checked
    checker = CacheChecker(DvcCache(root), verification.content)
    absent = _absent(verification)
    progress.on_step("checkpoints")
    for count, (folder, run) in enumerate(runs.with_checkpoint.items(), start=1):
        progress.on_count(count, len(runs.with_checkpoint))
        verification.problems += check_checkpoint(checker, root, folder, run, absent)
    progress.on_step("data sets")
    problems, checked.data_sets = check_data_sets(checker, committed, absent, progress.on_count)
    verification.problems += problems
    checked.checkpoints = len(runs.with_checkpoint)
    checked.bytes_hashed = checker.bytes_hashed


def _absent(verification: _Verification) -> Absent:
    """Ask the DVC remote, where that is wanted, and return what is known of objects that are not here."""
    from trainstore.store.checkpoints.reclaimed import read_reclaimed
    from trainstore.store.remotes.configured import has_remote
    from trainstore.workflows.verification.remote import check_remote

    repository = verification.repository
    reclaimed = read_reclaimed(repository)
    if verification.remote is None:
        return Absent(reclaimed, not_asked=has_remote(repository.root))
    verification.progress.on_step("the DVC remote")
    found = check_remote(repository, verification.remote, content=verification.content)
    verification.remote_check = found
    verification.problems += found.problems
    return Absent(reclaimed, found.there)


def _check_passing(verification: _Verification, _: ObjectCheck) -> None:
    verification.progress.on_step("the work tree")
    verification.problems += check_journal(verification.repository)
    verification.problems += check_work_tree(verification.repository)
