"""What the store's policy would take out today, and why; nothing is done."""

from collections.abc import Sequence
from typing import Any

from trainstore.api import Store
from trainstore.documents.pruning import of_prune
from trainstore.errors import UsageError
from trainstore.web.page import Page, Part
from trainstore.web.query import Query
from trainstore.workflows.pruning.prune_plan import PruneItem, PrunePlan

_A_PART = 100


def retention_page(store: Store, query: Query) -> Page:
    """Return the page of what a prune by trainstore.toml would do. Raises UsageError where that cannot be planned."""
    shown = query.choice("show", ("removed", "kept"), "removed")
    number = query.page()

    def facts() -> dict[str, Any]:
        try:
            plan = store.preview_prune()
        except UsageError as error:
            return {"plan": None, "message": error.message, "hint": error.hint}
        items: Sequence[PruneItem] = plan.removed if shown == "removed" else plan.kept
        part = Part(number, _A_PART, len(items))
        return {
            "plan": plan,
            "shown": shown,
            "items": items[part.offset : part.offset + part.size],
            "part": part,
            "given": {"show": shown},
            "sizes": _sizes(plan),
        }

    return Page("retention.html", facts, lambda: of_prune(store.preview_prune(), None))


def _sizes(plan: PrunePlan) -> dict[str, int]:
    return {
        "removed": len(plan.removed),
        "kept": len(plan.kept),
        "runs": sum(len(item.runs) for item in plan.removed),
    }
