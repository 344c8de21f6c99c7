"""All functions: searched, filtered, sorted, a part of them at a time."""

import time
from typing import Any

from trainstore.api import Store
from trainstore.disk_format.moments import moment_before, parse_moment
from trainstore.documents.pages import of_functions_page
from trainstore.store.index.entries import ORDERS, FunctionFilter, FunctionOrder
from trainstore.web.page import Page, Part
from trainstore.web.query import Query

_A_PART = 50
_AGES = {"1d": "a day", "7d": "a week", "30d": "30 days", "90d": "90 days", "365d": "a year"}
_BEST_FIRST = {
    "saved",
    "confidence",
    "score",
    "best",
    "versions",
    "runs",
}  # what is sorted so at the first click


def functions_page(store: Store, query: Query) -> Page:
    """Return the page of all functions."""
    chosen = _filter(query)
    by = query.choice("sort", ORDERS, "saved")
    way = query.choice("way", ("up", "down"), "down" if by in _BEST_FIRST else "up")
    order = FunctionOrder(by, way == "down")
    part = Part(query.page(), _A_PART, store.count_functions(chosen))
    entries = store.functions(chosen, order, limit=part.size, offset=part.offset)

    def facts() -> dict[str, Any]:
        return {
            "entries": entries,
            "part": part,
            "order": order,
            "best_first": _BEST_FIRST,
            "given": {name: value for name, value in query.given().items() if name != "page"},
            "narrowed": chosen != FunctionFilter(),
            "data_types": store.data_types(),
            "ages": _AGES,
        }

    return Page(
        "functions.html",
        facts,
        lambda: of_functions_page(entries, part.total),
    )


def _filter(query: Query) -> FunctionFilter:
    age = query.text("since")
    return FunctionFilter(
        query.text("q"),
        query.text("data_type"),
        query.number("confidence"),
        query.number("score"),
        None if age is None else moment_before(parse_moment(age), int(time.time())),
    )
