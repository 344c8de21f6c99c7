"""What a repository holds on to: branches, tags, stashes, HEADs, each with its name for people."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from trainstore.disk_format.remote_notes import COPIES
from trainstore.errors import GitFailed
from trainstore.store.git.read import ask_git, examine_with_git
from trainstore.store.git.repository import Repository
from trainstore.store.git.worktrees import Worktree, head_commit

_HARMLESS = "dangling symref"  # such as origin/HEAD after the branch was renamed there
_KINDS = {
    "refs/heads/": "branch",
    "refs/tags/": "tag",
    "refs/remotes/": "remote-tracking branch",
    f"{COPIES}heads/": "the git remote's branch",
    f"{COPIES}tags/": "the git remote's tag",
}


class Tip(NamedTuple):
    """What holds on to a commit.

    Attributes:
        identity: of the commit, or of a tag that leads to it.
        name: of what holds on to it, for people.
        reference: its full name, such as ``refs/heads/main``; None for a HEAD or a stash.
    """

    identity: str
    name: str
    reference: str | None = None


def tips(repository: Repository, worktrees: Sequence[Worktree]) -> list[Tip]:
    """Return every tip, HEAD of the first work tree first.

    Raises:
        GitFailed: a reference cannot be read, so that what it holds on to is not known.
    """
    heads = []
    for number, worktree in enumerate(worktrees):
        commit = head_commit(worktree, repository)
        if commit is not None:
            heads.append(Tip(commit, "HEAD" if number == 0 else f"HEAD of the work tree {worktree.root}"))
    return [*heads, *_references(repository), *_stashes(repository)]


def trees_of(repository: Repository, found: Sequence[Tip]) -> dict[str, str]:
    """Return the tree of each tip, with what holds on to it, the first of several.

    Raises:
        GitFailed: one cannot be read.
    """
    questions = "".join(f"{tip.identity}^{{tree}}\n" for tip in found).encode()
    answers = ask_git(repository.root, ["cat-file", "--batch-check=%(objecttype) %(objectname)"], questions)
    trees: dict[str, str] = {}
    for tip, answer in zip(found, answers.decode().splitlines(), strict=True):
        kind, _, identity = answer.partition(" ")
        if kind != "tree":
            raise GitFailed(
                f"What {tip.name} leads to cannot be read.", "See what is damaged: trainstore verify"
            )
        trees.setdefault(identity, tip.name)
    return trees


def _references(repository: Repository) -> Iterator[Tip]:
    asked = ["for-each-ref", "--format=%(objectname) %(objecttype) %(*objecttype) %(refname)"]
    listed = examine_with_git(repository.root, asked)
    complaints = [line for line in listed.errors.splitlines() if _HARMLESS not in line]
    if listed.exit_code != 0 or complaints:
        why = complaints[0] if complaints else "git failed"
        raise GitFailed(f"A branch or tag cannot be read: {why}.", "See what is damaged: trainstore verify")
    for line in listed.output.decode(errors="surrogateescape").splitlines():
        identity, kind, tagged, name = line.split(" ", 3)
        if "blob" not in (kind, tagged):
            prefix = next((one for one in _KINDS if name.startswith(one)), "")
            yield Tip(identity, f"{_KINDS.get(prefix, 'reference')} {name.removeprefix(prefix)}", name)


def _stashes(repository: Repository) -> Iterator[Tip]:
    """Yield the commits of every stash: work tree, index and, where there is one, what was not tracked."""
    found = examine_with_git(repository.root, ["rev-parse", "--verify", "--quiet", "refs/stash"])
    if found.exit_code != 0:
        return
    listed = ask_git(repository.root, ["log", "--walk-reflogs", "--format=%H %P", "refs/stash", "--"])
    for number, line in enumerate(listed.decode().splitlines()):
        stash, _, *others = line.split(" ")
        yield from (Tip(commit, f"stash@{{{number}}}") for commit in (stash, *others))
