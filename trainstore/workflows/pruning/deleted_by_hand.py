"""What people deleted with their own hands, as a plan: a version goes with its runs, a run goes alone."""

from collections.abc import Iterable

import msgspec

from trainstore.disk_format.layout import is_record_path, is_run_path
from trainstore.workflows.pruning.prune_plan import PruneItem, PruneRequest
from trainstore.workflows.pruning.tree_facts import TreeFacts

_BRING_BACK = "git restore brings it back"


def judge_deleted(
    facts: TreeFacts, request: PruneRequest, deleted: Iterable[str]
) -> tuple[list[PruneItem], list[PruneItem]]:
    """Return what goes and what stays of the files that are gone from the work tree.

    A pinned version stays, and so do its runs; a file that is no record and no run.json stays, too.
    """
    paths = [path for path in deleted if path in facts.blobs]
    owners = {folder: path for path, folders in facts.run_folders.items() for folder in folders}
    removed: list[PruneItem] = []
    kept: list[PruneItem] = []
    covered: set[str] = set()  # folders of the runs that go
    for path in sorted(paths, key=lambda path: (not is_record_path(path), not is_run_path(path), path)):
        folder = path.rpartition("/")[0]
        owner = path if is_record_path(path) else owners.get(folder, "")
        version = facts.versions.get(owner)
        if folder in covered or not (request.covers_all or (version and request.covers(version))):
            continue
        stays = _why_it_stays(facts, path, owner)
        if is_run_path(path):
            item = msgspec.structs.replace(
                facts.item(path, stays or "a run deleted by hand", [folder]), version=version
            )
        else:
            item = facts.item(path, stays or "deleted by hand")
        if stays:
            kept.append(item)
        else:
            removed.append(item)
            covered |= set(item.runs)
    return removed, kept


def _why_it_stays(facts: TreeFacts, path: str, owner: str) -> str:
    if not is_record_path(path) and not is_run_path(path):
        return f"deleted by hand, but neither a record nor a run: {_BRING_BACK}"
    if facts.is_pinned(owner):
        return f"deleted by hand, but pinned: {_BRING_BACK}"
    return ""
