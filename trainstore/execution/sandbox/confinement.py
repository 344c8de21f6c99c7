"""What a worker is told to do to itself, as it stands in its request."""

from dataclasses import asdict, dataclass
from typing import Any

from trainstore.execution.limits import Limits
from trainstore.execution.sandbox.tree import Step


@dataclass(frozen=True)
class Confinement:
    """The orders for one worker, as they stand in its request.

    Attributes:
        tree: the file tree to make in namespaces of its own; None where there are none, or bubblewrap made it.
        user_namespace: whether the namespaces need one of users, or bubblewrap made one.
        mount_point: an empty folder to make the tree in.
        folder: the working folder.
        user: whom to become; None to stay who one is.
        groups: to keep, then.
        rules: paths with their Landlock rights; None for no Landlock.
        seccomp: whether to filter system calls.
        capabilities: whether to keep those that there are.
        limits: of the whole tree of processes.
    """

    tree: list[Step] | None
    user_namespace: bool
    mount_point: str
    folder: str
    user: int | None
    groups: list[int]
    rules: list[tuple[str, int]] | None
    seccomp: bool
    capabilities: bool
    limits: Limits

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(fields: dict[str, Any]) -> "Confinement":
        tree = fields["tree"]
        steps = None if tree is None else [Step(**step) for step in tree]
        return Confinement(**{**fields, "tree": steps, "limits": Limits(**fields["limits"])})
