"""Functions, and lines of their code, as lists of them tell."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from trainstore.documents.versions import VersionJson, of_version
from trainstore.store.index.entries import FunctionEntry

if TYPE_CHECKING:
    from trainstore.workflows.search_code import CodeMatch


class FunctionJson(VersionJson):
    """A function by its current version.

    Attributes:
        model_name: the name without the data type.
        data_type: what it is for, such as ``numpy_array``.
        confidence: of the language model, from 0 to 1, as the record gives it.
        bo_parameters: names of the hyperparameters of its search space.
        versions: how many are in the tree.
        runs: how many of all these are in the tree.
        score: accuracy or r² of the newest run that has one.
        best_score: of all runs on the same data.
    """

    model_name: str
    data_type: str
    confidence: float | None
    bo_parameters: list[str]
    versions: int
    runs: int
    score: float | None
    best_score: float | None


class FunctionsJson(TypedDict):
    """Functions that have a version in the tree.

    Attributes:
        functions: by name.
    """

    functions: list[FunctionJson]


class MatchJson(VersionJson):
    """A line of code that matches, in the version that it stands in.

    Attributes:
        line: its number, from 1.
        text: the line.
    """

    line: int
    text: str


class MatchesJson(TypedDict):
    """Where code matches.

    Attributes:
        matches: each line that matches.
    """

    matches: list[MatchJson]


def of_functions(entries: Sequence[FunctionEntry]) -> FunctionsJson:
    """What ``list`` prints."""
    return {"functions": [of_function(entry) for entry in entries]}


def of_function(entry: FunctionEntry) -> FunctionJson:
    """A function as ``list`` prints it."""
    current = entry.current
    return {
        **of_version(current),
        "model_name": current.model_name,
        "data_type": current.data_type,
        "confidence": current.confidence,
        "bo_parameters": list(current.parameters),
        "versions": entry.versions,
        "runs": entry.runs,
        "score": entry.score,
        "best_score": entry.best_score,
    }


def of_matches(matches: "Sequence[CodeMatch]") -> MatchesJson:
    """What ``list --grep`` prints."""
    return {
        "matches": [
            {**of_version(match.version), "line": match.line, "text": match.text} for match in matches
        ]
    }
