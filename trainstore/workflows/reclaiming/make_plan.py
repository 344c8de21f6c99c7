"""Making the plan of a reclaim: what history knows of, less all that anything needs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from trainstore.disk_format.dvc_files import is_folder_id
from trainstore.errors import CheckpointMissing, TrainstoreError, UsageError
from trainstore.retention.reclaim_rules import LINKED, Candidate, Freed, plan_reclaim
from trainstore.store.checkpoints.begun import left_notes
from trainstore.store.checkpoints.cached_objects import CachedObjects
from trainstore.store.checkpoints.private_cache import require_private
from trainstore.store.git.repository import Repository
from trainstore.workflows.reclaiming.cache_facts import Shelf, needed_objects, object_facts
from trainstore.workflows.reclaiming.holders import HEAD, Holders, read_holders
from trainstore.workflows.reclaiming.past_checkpoints import Past, PastCheckpoint, read_past
from trainstore.workflows.reclaiming.reclaim_plan import ReclaimItem, ReclaimPlan, ReclaimRequest
from trainstore.workflows.reclaiming.stopped_runs import Stopped, read_stopped


@dataclass(frozen=True)
class _Facts:
    """All that a plan goes by.

    Attributes:
        reasons: id of a checkpoint -> why it is needed.
        needed: ids of objects that something needs, whether they are in the cache or not.
    """

    held: Holders
    past: Past
    cache: Shelf
    reasons: Mapping[str, str]
    needed: frozenset[str]

    def candidate(self, md5: str, left_at: int) -> Candidate | None:
        """Return a checkpoint as the rules judge it; None where it is not in the cache."""
        held = self.reasons.get(md5, "")
        try:
            listed = self.cache.listed(md5)
        except CheckpointMissing:
            listed, held = frozenset(), held or "its list of files is damaged, so its files are not known"
        if listed is None:
            return None
        return Candidate(md5, frozenset(one for one in (md5, *listed) if self._is_here(one)), left_at, held)

    def freeable(self, identities: Iterable[str]) -> frozenset[str]:
        """Return those objects that are in the cache, and that nothing needs."""
        return frozenset(one for one in identities if one not in self.needed and self._is_here(one))

    def _is_here(self, identity: str) -> bool:
        return identity in self.cache.found or identity in self.cache.set_aside


def plan_at(repository: Repository, request: ReclaimRequest) -> ReclaimPlan:
    """Plan what a reclaim frees, as the store is now; nothing is written.

    Raises:
        UsageError: the clone is shallow, the cache may be others' too, or something that may need a checkpoint
            cannot be read.
        GitFailed: likewise, where git is asked.
    """
    held, cache = _look(repository)
    notes = left_notes(repository)
    if not notes and not _any_left(held, cache):  # the history of a large store takes longer than all else
        return ReclaimPlan(request)
    past = read_past(repository, held, request.now)
    facts = _facts_of(held, past, cache)
    return _plan(facts, request, read_stopped(repository, held, past, facts.freeable, notes))


def plan_of(held: Holders, past: Past, cache: Shelf, request: ReclaimRequest) -> ReclaimPlan:
    """Plan what goes of a cache or a remote, by what needs it and what history knows.

    Raises:
        UsageError: something that may need a checkpoint cannot be read.
    """
    return _plan(_facts_of(held, past, cache), request, Stopped())


def _plan(facts: _Facts, request: ReclaimRequest, stopped: Stopped) -> ReclaimPlan:
    past = [one for one in facts.past.checkpoints if facts.held.ids.get(one.md5) != HEAD]
    found = [facts.candidate(one.md5, one.left_at) for one in past]
    candidates = [one for one in found if one is not None]
    candidates += [Candidate(one.md5, stopped.added[one.md5], one.left_at) for one in stopped.checkpoints]
    left = {one.md5: one for one in (*past, *stopped.checkpoints)}
    identities = {identity for one in candidates for identity in one.objects}
    objects = object_facts(facts.cache, identities, [one.place for one in stopped.folders])
    decided = plan_reclaim(candidates, objects, facts.needed, request.grace_s, request.now)
    going = [identity for one in decided for identity in one.objects]
    staying = {one.candidate.md5 for one in decided if one.reason}
    return ReclaimPlan(
        request,
        tuple(_item(facts, left, one) for one in decided if not one.reason),
        tuple(_item(facts, left, one) for one in decided if one.reason),
        tuple(going),
        tuple(identity for identity in facts.cache.set_aside if _is_whole(facts, identity, going)),
        sum(one.size for one in decided if not one.reason),
        tuple(one for one in stopped.folders if one.md5 not in staying),
        stopped.notes_without(staying),
    )


def bytes_freed_without(
    repository: Repository, files: Iterable[str], checkpoints: Mapping[str, str], now: int
) -> int | None:
    """Return what can be reclaimed, at the end of the period of grace, once files have left HEAD's tree.

    Args:
        repository: the store.
        files: their paths.
        checkpoints: folder of each checkpoint that goes along -> its id.
        now: Unix seconds.

    Returns:
        Bytes; None where that is not known, as a reclaim would refuse.
    """
    try:
        held, cache = _look(repository, frozenset(files))
        facts = _facts_of(held, read_past(repository, held, now), cache)
    except TrainstoreError:
        return None
    found = [facts.candidate(md5, now) for md5 in dict.fromkeys(checkpoints.values())]
    candidates = [one for one in found if one is not None]
    objects = object_facts(
        facts.cache,
        {identity for one in candidates for identity in one.objects},
        [repository.root / folder for folder in checkpoints],
    )
    return sum(one.size for one in plan_reclaim(candidates, objects, facts.needed, 0, now) if not one.reason)


def _look(repository: Repository, leaving: frozenset[str] = frozenset()) -> tuple[Holders, CachedObjects]:
    if (repository.common_dir / "shallow").exists():
        raise UsageError(
            "This is a shallow clone: it does not know all that needs a checkpoint.", "git fetch --unshallow"
        )
    from trainstore.store.checkpoints.dvc_cache import DvcCache

    root = DvcCache(repository.root).root
    held = read_holders(repository, leaving)
    require_private(repository, held.worktrees, root)
    return held, CachedObjects(root)


def _any_left(held: Holders, cache: CachedObjects) -> bool:
    """Tell whether the cache has anything that may be a checkpoint which left HEAD's tree."""
    lists = (identity for identity in cache.found if is_folder_id(identity))
    return bool(cache.set_aside) or any(held.ids.get(identity) != HEAD for identity in lists)


def _facts_of(held: Holders, past: Past, cache: Shelf) -> _Facts:
    held.require_known(past.named_at)
    reasons = why_needed(held, past)
    named = {*reasons, *held.ids, *past.data_ids}
    needed = needed_objects(cache, named, past.named_at, held.worktrees)
    return _Facts(held, past, cache, reasons, frozenset(needed))


def why_needed(held: Holders, past: Past) -> dict[str, str]:
    """Return why checkpoints are needed, by their ids."""
    reasons = {
        identity: (
            f"{path} in {holder} cannot be read, and may name it"
            if path in held.unreadable
            else f"its run is in {holder}, without its pointer"
        )
        for path, holder in held.unsure.items()
        for identity in past.named_at.get(path, ())
    }
    reasons |= {identity: f"pinned in {holder}" for identity, holder in past.pinned.items()}
    return reasons | {identity: f"still in {holder}" for identity, holder in held.ids.items()}


def _item(facts: _Facts, left: Mapping[str, PastCheckpoint], one: Freed) -> ReclaimItem:
    checkpoint = left[one.candidate.md5]
    reason = _where_linked(facts.held, checkpoint) if one.reason == LINKED else one.reason
    return ReclaimItem(checkpoint, one.size, reason, one.may_go_at)


def _where_linked(held: Holders, checkpoint: PastCheckpoint) -> str:
    """Name a folder that plain git left in a work tree, as it does with what it ignores."""
    roots = [tree.root for tree in held.worktrees if tree.root is not None]
    places = (root / folder / "checkpoint" for root in roots for folder in checkpoint.folders)
    place = next((place for place in places if place.is_dir()), None)
    return (
        LINKED if place is None else f"its folder is still in a work tree, and would keep the bytes: {place}"
    )


def _is_whole(facts: _Facts, identity: str, going: Iterable[str]) -> bool:
    """Tell whether a list of files that was set aside can be put back: it stays, and so did all that it lists."""
    if identity in going or identity in facts.cache.found or identity not in facts.needed:
        return False
    return all(one in facts.cache.found for one in facts.cache.listed(identity) or ())
