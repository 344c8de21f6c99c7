"""What is wrong with a store."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from trainstore.workflows.problem import Problem, Severity
    from trainstore.workflows.verification.remote import RemoteCheck
    from trainstore.workflows.verification.verify import Checked, VerifyResult


class ProblemJson(TypedDict):
    """Something that is wrong.

    Attributes:
        kind: a stable word or two.
        what: a sentence that names the path, version or run.
        hint: the command or step that helps.
        severity: ``warning`` where nothing that was saved is at stake.
    """

    kind: str
    what: str
    hint: str
    severity: "Severity"


class CheckedJson(TypedDict):
    """What was looked at, and how many there were.

    Attributes:
        objects: of git.
        versions: their records.
        runs: their records.
        checkpoints: of these runs.
        data_sets: that have a name.
        bytes_hashed: of checkpoints and data sets, with ``--content`` alone.
    """

    objects: int
    versions: int
    runs: int
    checkpoints: int
    data_sets: int
    bytes_hashed: int


class RemoteCheckJson(TypedDict):
    """What the DVC remote was asked.

    Attributes:
        name: of the remote.
        objects: how many it was asked for.
        repaired: how many were sent or fetched, with ``--repair``.
    """

    name: str
    objects: int
    repaired: int


class VerifyJson(TypedDict):
    """Whether all that was saved is still there, and still what it was.

    Attributes:
        ok: whether it is; warnings do not count.
        checked: how many were looked at.
        remote: what the DVC remote was asked; null without ``--remote``.
        problems: what was found.
    """

    ok: bool
    checked: CheckedJson
    remote: RemoteCheckJson | None
    problems: list[ProblemJson]


def of_verify(result: "VerifyResult") -> VerifyJson:
    """What ``verify`` prints."""
    return {
        "ok": result.ok,
        "checked": _of_checked(result.checked),
        "remote": _of_remote(result.remote) if result.remote else None,
        "problems": of_problems(result.problems),
    }


def _of_checked(checked: "Checked") -> CheckedJson:
    return {
        "objects": checked.objects,
        "versions": checked.versions,
        "runs": checked.runs,
        "checkpoints": checked.checkpoints,
        "data_sets": checked.data_sets,
        "bytes_hashed": checked.bytes_hashed,
    }


def _of_remote(remote: "RemoteCheck") -> RemoteCheckJson:
    return {"name": remote.name, "objects": remote.objects, "repaired": remote.repaired}


def of_problems(problems: "Sequence[Problem]") -> list[ProblemJson]:
    """Problems, as ``verify`` and ``doctor`` print them."""
    return [
        {"kind": one.kind, "what": one.what, "hint": one.hint, "severity": one.severity} for one in problems
    ]
