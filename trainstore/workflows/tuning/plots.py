"""What is drawn of a study, and which of its hyperparameters mattered."""

from collections.abc import Sequence

from trainstore.charts.study_charts import study_charts
from trainstore.records.study import StudyHeader, StudyRecord, Trial
from trainstore.search.importance import importances


def what_mattered(header: StudyHeader, trials: Sequence[Trial]) -> dict[str, float] | None:
    """Return the share of each hyperparameter in what made values differ; None where too little is known."""
    values = [trial.value if trial.outcome == "succeeded" else None for trial in trials]
    return importances(header.dimensions, [trial.hyperparameters for trial in trials], values)


def plots_of(study: StudyRecord) -> dict[str, bytes]:
    """Return the content of the plots that are committed beside study.json, by file name."""
    return {name: chart.encode() for name, chart in study_charts(study, study.importances).items()}
