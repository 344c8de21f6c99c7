"""What this clone needs of a DVC remote beyond what it has published: nobody who looks at the git remote's branches sees it."""

import os
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path

from trainstore.disk_format.dvc_files import is_folder_id, is_pointer_name, named_ids
from trainstore.disk_format.remote_notes import NOTES
from trainstore.store.git.read import ask_git, read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.git.tips import Tip, tips
from trainstore.store.git.worktrees import Worktree, worktrees
from trainstore.workflows.reclaiming.holders import Holders, held_by
from trainstore.workflows.reclaiming.make_plan import why_needed
from trainstore.workflows.reclaiming.past_checkpoints import read_past


def unpublished_needs(
    repository: Repository, remote: str, there: Mapping[str, str], now: int
) -> frozenset[str]:
    """Return the ids of objects that this clone's own references, stashes and uncommitted files need.

    A reference counts with all that its tree names where its commit is not published, and a branch or tag that the
    remote has not does, too: what a branch there needs today, that one may cease to need tomorrow. A branch that
    only lags behind its own there does not count. Of a list of files that is here, the files are named too:
    others cannot read it before it is sent.

    Args:
        repository: the store.
        remote: the git remote's name; what this clone remembers of its branches is nothing of its own.
        there: its references, as far as they are known, with what they lead to.
        now: Unix seconds.

    Raises:
        GitFailed: a reference or a tree cannot be read.
    """
    trees = worktrees(repository)
    own = [tip for tip in tips(repository, trees) if _is_own(tip, remote)]
    counting = {*_unpublished(repository, own, there.values()), *_of_ones_own(repository, own, remote, there)}
    held = held_by(repository, [tip for tip in own if tip in counting])
    for tree in trees:
        if tree.is_here and tree.root is not None:
            _add_uncommitted(held, repository, tree)
    ids = set(held.ids)
    if held.pins or held.unsure:
        held.tips = own
        ids |= why_needed(held, read_past(repository, held, now)).keys()
    return with_listed(repository, ids)


def _is_own(tip: Tip, remote: str) -> bool:
    return tip.reference is None or not tip.reference.startswith((f"refs/remotes/{remote}/", NOTES))


def _of_ones_own(
    repository: Repository, own: Iterable[Tip], remote: str, there: Mapping[str, str]
) -> Iterator[Tip]:
    """Yield the branches and tags that the remote has not."""
    listed = ask_git(repository.root, ["for-each-ref", "--format=%(refname) %(upstream)", "refs/heads/"])
    lines = (line.partition(" ") for line in listed.decode(errors="surrogateescape").splitlines())
    followed = {
        name: upstream.replace(f"refs/remotes/{remote}/", "refs/heads/") for name, _, upstream in lines
    }
    for tip in own:
        name = tip.reference or ""
        if name.startswith(("refs/heads/", "refs/tags/")) and not {name, followed.get(name)} & there.keys():
            yield tip


def _unpublished(repository: Repository, own: Iterable[Tip], known: Iterable[str]) -> list[Tip]:
    """Return the tips of which the commit is none that the known ones lead to."""
    commits = _commits(repository, {tip.identity for tip in own})
    if not commits:
        return list(own)
    wanted = "".join(f"{one}\n" for one in set(commits.values()))
    excluded = "".join(f"^{one}\n" for one in set(_commits(repository, known).values()))
    new = set(
        ask_git(repository.root, ["rev-list", "--stdin"], f"{wanted}{excluded}".encode()).decode().split()
    )
    return [tip for tip in own if commits.get(tip.identity) in {*new, None}]


def _commits(repository: Repository, identities: Iterable[str]) -> Mapping[str, str]:
    """Return the commits that objects are or lead to; what is none, or is not here, is left out."""
    asked = sorted(set(identities))
    questions = "".join(f"{one}^{{commit}}\n" for one in asked).encode()
    answers = ask_git(repository.root, ["cat-file", "--batch-check=%(objecttype) %(objectname)"], questions)
    pairs = zip(asked, answers.decode().splitlines(), strict=True)
    return {one: answer.partition(" ")[2] for one, answer in pairs if answer.startswith("commit ")}


def _add_uncommitted(held: Holders, repository: Repository, tree: Worktree) -> None:
    """Add pointers and pins that a work tree or its index has otherwise than HEAD."""
    assert tree.root is not None
    for path in _changed(tree.root):
        if path.endswith(".pin"):
            held.add_names([(path, str(tree.root))])
        elif is_pointer_name(path.rpartition("/")[2]):
            staged = ask_git(tree.root, ["ls-files", "-s", "-z", "--", path]).decode(errors="replace")
            blobs = {entry.split(" ")[1] for entry in staged.split("\0")[:-1]}
            contents = list(read_blobs(repository.root, blobs).values())
            file = tree.root / path
            if file.is_file():
                contents.append(file.read_bytes())
            for content in contents:
                held.add(path, content, str(tree.root))


def _changed(root: Path) -> Iterator[str]:
    told = ask_git(root, ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"])
    yield from (os.fsdecode(entry[3:]) for entry in told.split(b"\0")[:-1])


def with_listed(repository: Repository, ids: Set[str]) -> frozenset[str]:
    """Return ids of objects with those of the files on their lists, of the lists that are in the cache."""
    lists = [one for one in ids if is_folder_id(one)]
    if not lists:
        return frozenset(ids)
    from trainstore.store.checkpoints.dvc_cache import DvcCache

    cache = DvcCache(repository.root)
    here = [cache.path(one) for one in lists if cache.path(one).is_file()]
    return frozenset(ids).union(*(named_ids(file.read_bytes()) for file in here))
