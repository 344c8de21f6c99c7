"""One study: how the search went, what mattered, and every trial."""

from typing import Any

from markupsafe import Markup

from trainstore.api import Store
from trainstore.charts.convergence import convergence
from trainstore.charts.importance import importance
from trainstore.charts.parallel_coordinates import parallel_coordinates
from trainstore.documents.studies import of_study
from trainstore.web.charts import inline
from trainstore.web.page import Page, Part
from trainstore.web.query import Query
from trainstore.workflows.tuning.studies import StudyEntry

_A_PART = 200


def study_page(store: Store, query: Query) -> Page:
    """Return the page of a study. Raises NotFound."""
    study = store.study(query.needed("id"))
    path = study.header.version["path"]
    version = store.versions_at([path]).get(path)
    part = Part(query.page(), _A_PART, len(study.trials))
    return Page(
        "study.html",
        lambda: {
            "study": study,
            "version": version,
            "charts": _charts(study),
            "part": part,
            "trials": study.trials[part.span],
        },
        lambda: of_study(study, version),
    )


def _charts(study: StudyEntry) -> dict[str, Markup]:
    """Return the charts of what was tried so far, by their titles."""
    if not study.trials:
        return {}
    metric, direction = (study.figure.name, study.figure.direction) if study.figure else ("value", "maximize")
    values = [trial.value if trial.outcome == "succeeded" else None for trial in study.trials]
    points: list[Any] = [trial.hyperparameters for trial in study.trials]
    space = study.header.dimensions
    charts = {
        "Best so far": convergence(
            values, direction, metric=metric, initial=study.header.initial, title="Value of each trial"
        ),
        "Trials": parallel_coordinates(
            space, points, values, direction, metric=metric, title="Where they were"
        ),
    }
    if study.importances:
        charts["What mattered"] = importance(study.importances, title="Share in what made values differ")
    return {title: inline(chart) for title, chart in charts.items()}
