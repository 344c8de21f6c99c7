"""Which checkpoints that left the tree can be freed, and how many bytes that gives back."""

from collections.abc import Iterable, Mapping, Set
from typing import NamedTuple

from trainstore.disk_format.moments import utc_text

LINKED = "its files are linked from elsewhere, so freeing them would give nothing back"


class Candidate(NamedTuple):
    """A checkpoint that left the tree at least once.

    Attributes:
        md5: id of its list of files, ending in ``.dir``.
        objects: ids of the list and of the files on it, of those that are in the cache.
        left_at: when it left the tree last, in Unix seconds.
        held: why it must stay; empty where nothing needs it.
    """

    md5: str
    objects: frozenset[str]
    left_at: int
    held: str = ""


class ObjectFacts(NamedTuple):
    """An object of the cache: its bytes, and whether its file has a name elsewhere, so that freeing gives none back."""

    size: int
    linked: bool


class Freed(NamedTuple):
    """What is decided on a candidate.

    Attributes:
        objects: what goes with it; what another candidate takes along already, or something needs, is left out.
        size: their bytes, which is what the disk has back; of one that stays, of all that it has.
        reason: why it stays; empty where it goes.
        may_go_at: when its period of grace ends, in Unix seconds; None where it goes, or something holds it.
    """

    candidate: Candidate
    objects: tuple[str, ...]
    size: int
    reason: str
    may_go_at: int | None


def plan_reclaim(
    candidates: Iterable[Candidate],
    objects: Mapping[str, ObjectFacts],
    needed: Set[str],
    grace_s: int,
    now: int,
) -> list[Freed]:
    """Decide on every candidate, in the order given.

    One goes that nothing holds, that left the tree longer ago than the period of grace, and whose own files have no
    other name. An object goes when every checkpoint that has it goes, and nothing else needs it.

    Args:
        candidates: each md5 once.
        objects: of all candidates.
        needed: ids of objects that something else needs.
        grace_s: seconds; with 0 even what left the tree in the future, by a wrong clock, goes.
        now: Unix seconds.
    """
    judged = [(one, *_why_it_stays(one, objects, needed, grace_s, now)) for one in candidates]
    staying = needed | {identity for one, reason, _ in judged if reason for identity in one.objects}
    taken: set[str] = set()
    decided = []
    for one, reason, may_go_at in judged:
        if reason:
            size = sum(objects[identity].size for identity in one.objects)
            decided.append(Freed(one, (), size, reason, may_go_at))
            continue
        own = sorted(one.objects - staying - taken)
        size = sum(objects[identity].size for identity in own)
        decided.append(Freed(one, tuple(own), size, "", None))
        taken.update(own)
    return decided


def _why_it_stays(
    one: Candidate, objects: Mapping[str, ObjectFacts], needed: Set[str], grace_s: int, now: int
) -> tuple[str, int | None]:
    """Return the reason, empty where there is none, and when the period of grace ends where it is that."""
    if one.held:
        return one.held, None
    ends = one.left_at + grace_s
    if grace_s and ends > now:
        by_clock = (
            f", by a wrong clock: it left the tree at {utc_text(one.left_at)}" if one.left_at > now else ""
        )
        return f"may go from {utc_text(ends)}{by_clock}", ends
    if any(objects[identity].linked for identity in one.objects - needed):
        return LINKED, None
    return "", None
