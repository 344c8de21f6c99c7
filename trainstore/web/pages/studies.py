"""The studies that searched a version's space, newest first."""

from typing import Any

from trainstore.api import Store
from trainstore.documents import of_study
from trainstore.web.page import Page, Part
from trainstore.web.query import Query

_A_PART = 50


def studies_page(store: Store, query: Query) -> Page:
    """Return the page of all studies, or of those of a function or version. Raises NotFound."""
    name = query.text("name")
    studies = store.studies(name)
    versions = store.versions_at([study.header.version["path"] for study in studies])

    def facts() -> dict[str, Any]:
        part = Part(query.page(), _A_PART, len(studies))
        newest = studies[::-1]
        return {
            "name": name,
            "studies": newest[part.offset : part.offset + part.size],
            "versions": versions,
            "part": part,
            "given": {"name": name} if name else {},
        }

    def document() -> dict[str, Any]:
        return {"studies": [of_study(study, versions.get(study.header.version["path"])) for study in studies]}

    return Page("studies.html", facts, document)
