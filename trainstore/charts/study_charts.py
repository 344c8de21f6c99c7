"""The charts of one study."""

from collections.abc import Mapping

from trainstore.charts.convergence import convergence
from trainstore.charts.importance import importance
from trainstore.charts.parallel_coordinates import parallel_coordinates
from trainstore.records.study import StudyRecord


def study_charts(study: StudyRecord, importances: Mapping[str, float] | None) -> dict[str, str]:
    """Return the charts of a study as SVG, by the name of their file.

    Args:
        study: whose trials are drawn; those that did not succeed count as failed.
        importances: of its hyperparameters; None where nothing can be said of them, and no chart is drawn.
    """
    figure = study.figure
    metric, direction = (figure.name, figure.direction) if figure else ("value", "maximize")
    values = [trial.value if trial.outcome == "succeeded" else None for trial in study.trials]
    points = [trial.hyperparameters for trial in study.trials]
    header = study.header
    name = f"{header.function}, study {header.study_id}"
    charts = {
        "convergence.svg": convergence(
            values, direction, metric=metric, initial=header.initial, title=f"Best so far of {name}"
        ),
        "parallel_coordinates.svg": parallel_coordinates(
            header.dimensions, points, values, direction, metric=metric, title=f"Trials of {name}"
        ),
    }
    if importances is not None:
        charts["importance.svg"] = importance(importances, title=f"What mattered in {name}")
    return charts
