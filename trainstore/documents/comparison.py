"""What differs between two versions or two runs."""

from typing import TYPE_CHECKING, TypedDict

from trainstore.documents.architecture import ArchitectureJson, of_architecture
from trainstore.documents.compared_runs import (
    ComparedRunsJson,
    MetricsJson,
    WhyJson,
    of_claims,
    of_compared_runs,
    of_metrics,
    of_why,
)
from trainstore.documents.differences import FieldsJson, PairJson, SpaceJson, of_fields, of_space
from trainstore.documents.versions import VersionJson, of_version

if TYPE_CHECKING:
    from trainstore.workflows.compare import Comparison


class CodeJson(TypedDict):
    """What differs of the code.

    Attributes:
        unified: as ``diff -u`` tells it.
        added: how many lines came.
        removed: how many lines went.
    """

    unified: str
    added: int
    removed: int


class ComparisonJson(TypedDict):
    """What differs between two versions or two runs.

    Attributes:
        old: the old version, or that of the old run.
        new: the new version, or that of the new run.
        code: what differs of the training code.
        summary: what ``history --graph`` shows of it, in a line.
        architecture: what differs of the models.
        search_space: what differs of the search spaces.
        data_profile: what differs of the data that the functions are made for.
        runs: those that are compared.
        metrics: what these reached.
        claims: whether the function's own figures were ``reproduced`` or ``not reproduced``; null where there is none.
        why: which side is better, and what may be why.
    """

    old: VersionJson
    new: VersionJson
    code: CodeJson
    summary: str
    architecture: ArchitectureJson
    search_space: SpaceJson
    data_profile: FieldsJson
    runs: ComparedRunsJson
    metrics: MetricsJson
    claims: PairJson[str | None]
    why: WhyJson


def of_comparison(diff: "Comparison") -> ComparisonJson:
    """What ``diff`` prints."""
    code, runs = diff.code, diff.runs
    return {
        "old": of_version(diff.old),
        "new": of_version(diff.new),
        "code": {"unified": code.unified, "added": code.added, "removed": code.removed},
        "summary": diff.summary,
        "architecture": of_architecture(diff.architecture),
        "search_space": of_space(diff.search_space),
        "data_profile": of_fields(diff.data_profile),
        "runs": of_compared_runs(runs),
        "metrics": of_metrics(runs),
        "claims": of_claims(runs),
        "why": of_why(diff.why),
    }
