"""Git's remotes: which there are, what a branch is there, fetching and pushing. Addresses and what servers say are others' text."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from trainstore.errors import GitFailed, RemoteFailed, StoreConflict, UsageError
from trainstore.store.git.read import ask_git, try_git
from trainstore.store.git.repository import Head, Repository
from trainstore.store.git.write import GitRefused, write_git

_BRANCHES = "refs/heads/"
_PASSWORD = re.compile(r"(?<=://)[^/\s]*@")  # of an address, with the name before it
_NOT_REASONS = ("To ", "Warning: ", "hint: ", "From ")


class BranchThere(NamedTuple):
    """A branch of a remote.

    Attributes:
        remote: the remote's name.
        reference: full name of the branch on the remote.
    """

    remote: str
    reference: str

    @property
    def tracking(self) -> str:
        """Full name of the reference that holds here what the branch was when it was last asked for."""
        return f"refs/remotes/{self.remote}/{self.reference.removeprefix(_BRANCHES)}"

    def __str__(self) -> str:
        return f"{self.remote}/{self.reference.removeprefix(_BRANCHES)}"


def remote_names(repository: Repository) -> list[str]:
    """Return the names of git's remotes; one that git would take for an option is none."""
    names = ask_git(repository.root, ["remote"]).decode(errors="replace").splitlines()
    return [name for name in names if not name.startswith("-")]


def branch_there(repository: Repository, head: Head, remote: str | None) -> BranchThere:
    """Return the branch that the one at hand is shared as.

    Args:
        repository: the store.
        head: what HEAD is.
        remote: a remote's name; where none is given, as for `chosen_remote`.

    Raises:
        UsageError: there is no such remote, or none, or HEAD is on no branch.
    """
    if head.branch is None:
        raise UsageError(
            "HEAD is on no branch, so there is nothing to share.", "Go to one: git switch BRANCH"
        )
    branch = head.branch.removeprefix(_BRANCHES)
    found = chosen_remote(repository, head, remote)
    followed = _setting(repository, f"branch.{branch}.remote")
    there = _setting(repository, f"branch.{branch}.merge") if found == followed else None
    return BranchThere(found, there if there and there.startswith(_BRANCHES) else head.branch)


def chosen_remote(repository: Repository, head: Head, remote: str | None) -> str:
    """Return the remote of a name; where none is given, the one that the branch follows, else ``origin``, else the only one.

    Args:
        repository: the store.
        head: what HEAD is.
        remote: the name.

    Raises:
        UsageError: there is no such remote, or none.
    """
    names = remote_names(repository)
    branch = (head.branch or "").removeprefix(_BRANCHES)
    followed = _setting(repository, f"branch.{branch}.remote") if branch else None
    choices = (remote,) if remote is not None else (followed, "origin", names[0] if len(names) == 1 else None)
    found = next((name for name in choices if name in names), None)
    if found is None:
        what = f"There is no git remote {remote!r}." if remote is not None else "The store has no git remote."
        if names:
            raise UsageError(
                what if remote is not None else "Which git remote?", f"Choose one: --git-remote {names[0]}"
            )
        raise UsageError(what, "Add one: git remote add origin ADDRESS")
    return found


def fetch(repository: Repository, there: BranchThere) -> str | None:
    """Fetch a branch and return its commit; None where the remote has no such branch yet.

    Writes: git objects and the tracking reference.

    Raises:
        RemoteFailed: the remote cannot be reached, or refuses.
    """
    # A pattern may match nothing; the name alone would be an error then.
    _talk(
        repository,
        there.remote,
        ["fetch", "--quiet", "--prune", there.remote, f"+{there.reference}*:{there.tracking}*"],
    )
    return tracked(repository, there)


def tracked(repository: Repository, there: BranchThere) -> str | None:
    """Return the commit that a branch of a remote was at when it was last asked for."""
    found = try_git(repository.root, ["rev-parse", "--verify", "--quiet", f"{there.tracking}^{{commit}}"])
    return found.decode().strip() if found else None


def push(repository: Repository, there: BranchThere, commit: str, beside: Sequence[str] = ()) -> None:
    """Move a branch of a remote forward to a commit.

    Args:
        repository: the store.
        there: the branch.
        commit: what it is to be at.
        beside: what git is told to change in the same step: options and references. Where the remote cannot do
            both at once, this is left out.

    Raises:
        StoreConflict: someone else moved it meanwhile.
        RemoteFailed: the remote cannot be reached, or refuses.
    """
    at_once = ["--atomic", *(word for word in beside if word.startswith("--"))] if beside else []
    others = [word for word in beside if not word.startswith("--")]
    try:
        write_git(
            repository, ["push", "--quiet", *at_once, there.remote, f"{commit}:{there.reference}", *others]
        )
    except GitRefused as error:
        if beside and ("does not support --atomic" in error.told or "stale info" in error.told):
            push(repository, there, commit)
        elif "[rejected]" in error.told:
            raise StoreConflict(
                f"Someone else pushed to {there} meanwhile.", "trainstore pull, then push again."
            ) from error
        else:
            raise remote_failure(there.remote, "push", error) from error


def _talk(repository: Repository, remote: str, arguments: list[str]) -> None:
    try:
        write_git(repository, arguments)
    except GitRefused as error:
        raise remote_failure(remote, arguments[0], error) from error


def remote_failure(remote: str, action: str, error: GitRefused) -> RemoteFailed:
    """Return the error for what git said of a remote, in one sentence and without passwords."""
    lines = [line.strip() for line in error.told.splitlines()]
    reasons = [line for line in lines if line and not line.startswith(_NOT_REASONS)] or ["it said nothing"]
    why = without_passwords(reasons[0].removeprefix("fatal: ").removeprefix("error: ").rstrip("."))
    return RemoteFailed(
        f"git {action} with the remote {remote!r} failed: {why}.",
        f"See that git reaches it: git ls-remote {remote}",
    )


def without_passwords(text: str) -> str:
    """Return an address, or a text with addresses, without who logs in there and how."""
    return _PASSWORD.sub("", text)


def _setting(repository: Repository, key: str) -> str | None:
    try:
        return ask_git(repository.root, ["config", "--get", key]).decode(errors="replace").rstrip("\n")
    except GitFailed:
        return None
