"""Carrying out the plan of a reclaim. Nothing that git holds changes, so there is no commit."""

from contextlib import ExitStack

from trainstore.disk_format.dvc_files import is_folder_id
from trainstore.store.checkpoints.begun import drop_notes
from trainstore.store.checkpoints.cache_lock import cache_to_itself
from trainstore.store.checkpoints.cached_objects import CachedObjects
from trainstore.store.checkpoints.reclaimed import note_reclaimed
from trainstore.store.git.repository import Repository
from trainstore.store.git.worktrees import worktrees
from trainstore.store.writing.disk_errors import disk_errors_told
from trainstore.store.writing.lock import writer_lock
from trainstore.workflows.reclaiming.make_plan import plan_at
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimPlan, ReclaimResult
from trainstore.workflows.run_files import take_away


def reclaim(repository: Repository, shown: ReclaimPlan, wait_seconds: float = 60.0) -> ReclaimResult:
    """Free what a plan says, and nothing else.

    The plan is made again while nobody writes, in no work tree. Where it frees other things than the one that was
    shown, nothing is done, and the new plan is returned. What a kill leaves undone, the next reclaim goes on with.

    Writes: objects of DVC's cache go; the list of what was reclaimed grows.

    Raises:
        StoreLocked: another writer did not end in time.
        UsageError, GitFailed: as for `plan_at`.
        TrainstoreError: the cache can only be read.
    """
    from trainstore.store.checkpoints.dvc_cache import DvcCache

    root = DvcCache(repository.root).root
    if shown.is_empty:
        return ReclaimResult(shown)
    with ExitStack() as locks, disk_errors_told(root, "reclaim"):
        locks.enter_context(cache_to_itself(repository, wait_seconds))
        for tree in sorted(worktrees(repository), key=lambda one: one.git_dir):
            locks.enter_context(writer_lock(repository._replace(git_dir=tree.git_dir).state, wait_seconds))
        plan = plan_at(repository, shown.request)
        if not plan.removes_the_same(shown):
            return ReclaimResult(plan, changed=True)
        cache = CachedObjects(root)
        cache.put_back(plan.put_back)
        for left in plan.folders:  # while the cache has what they are compared with
            take_away(repository._replace(root=left.root), {left.folder: left.md5})
        lists = [identity for identity in plan.objects if is_folder_id(identity)]
        note_reclaimed(repository, lists, plan.request.now)
        freed = cache.free(lists, [identity for identity in plan.objects if not is_folder_id(identity)])
        drop_notes(plan.notes)
    return ReclaimResult(plan, freed)
