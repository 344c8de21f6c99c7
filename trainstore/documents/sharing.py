"""What went to a remote, and what came from one."""

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from trainstore.workflows.sharing.pull import PullResult
    from trainstore.workflows.sharing.push import PushResult


class PushJson(TypedDict):
    """What was sent, or would be.

    Attributes:
        branch: of the git remote, such as ``origin/main``.
        commit: the one that it is at.
        commits: how many were sent.
        dvc_remote: name of the DVC remote; null where no pointer needs one.
        objects: how many of DVC's were sent.
        bytes: size of these.
        lacking: paths of pointers of which neither the cache nor the DVC remote has all that they name.
        dry_run: whether nothing was sent.
    """

    branch: str
    commit: str
    commits: int
    dvc_remote: str | None
    objects: int
    bytes: int
    lacking: list[str]
    dry_run: bool


class PullJson(TypedDict):
    """What came, or would come.

    Attributes:
        branch: of the git remote, such as ``origin/main``.
        commits: how many came.
        commit: the one that the branch at hand came to; null where nothing came, and in a dry run.
        merged: whether that is a merge of both sides.
        came: paths of versions and runs that came into the tree.
        went: paths of versions and runs that left it.
        dvc_remote: name of the DVC remote; null where it was not asked.
        objects: how many of DVC's came, with ``--checkpoints`` alone.
        bytes: size of these.
        lacking: paths of pointers of which neither the cache nor the DVC remote has all that they name.
        dry_run: whether nothing was changed.
    """

    branch: str
    commits: int
    commit: str | None
    merged: bool
    came: list[str]
    went: list[str]
    dvc_remote: str | None
    objects: int
    bytes: int
    lacking: list[str]
    dry_run: bool


def of_push(result: "PushResult") -> PushJson:
    """What ``push`` prints."""
    return {
        "branch": result.branch,
        "commit": result.commit,
        "commits": result.commits,
        "dvc_remote": result.dvc_remote,
        "objects": result.objects,
        "bytes": result.bytes,
        "lacking": list(result.lacking),
        "dry_run": result.dry_run,
    }


def of_pull(result: "PullResult") -> PullJson:
    """What ``pull`` prints."""
    return {
        "branch": result.branch,
        "commits": result.commits,
        "commit": result.commit,
        "merged": result.merged,
        "came": list(result.came),
        "went": list(result.went),
        "dvc_remote": result.dvc_remote,
        "objects": result.objects,
        "bytes": result.bytes,
        "lacking": list(result.lacking),
        "dry_run": result.dry_run,
    }
