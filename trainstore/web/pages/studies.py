"""The studies that searched a version's space, newest first."""

from collections.abc import Sequence
from typing import Any

from trainstore.api import Store
from trainstore.documents.studies import StudiesJson, of_studies
from trainstore.store.index.entries import Version
from trainstore.web.page import Page, Part
from trainstore.web.query import Query
from trainstore.workflows.tuning.studies import StudyEntry

_A_PART = 50


def studies_page(store: Store, query: Query) -> Page:
    """Return the page of all studies, or of those of a function or version. Raises NotFound."""
    name = query.text("name")
    part = Part(query.page(), _A_PART, store.count_studies(name))

    def facts() -> dict[str, Any]:
        studies = store.studies(name, limit=part.size, offset=part.offset)[::-1]
        return {
            "name": name,
            "studies": studies,
            "versions": _versions(store, studies),
            "part": part,
            "given": {"name": name} if name else {},
        }

    def document() -> StudiesJson:
        studies = store.studies(name)
        versions = _versions(store, studies)
        return of_studies((study, versions.get(study.header.version["path"])) for study in studies)

    return Page("studies.html", facts, document)


def _versions(store: Store, studies: Sequence[StudyEntry]) -> dict[str, Version]:
    return store.versions_at([study.header.version["path"] for study in studies])
