"""Which objects of DVC's cache commits need: what the pointers in a tree name, and in what comes before it."""

from collections.abc import Iterable

from trainstore.disk_format.dvc_files import is_pointer_name, named_ids
from trainstore.store.git.commit_files import files_of_commits
from trainstore.store.git.read import ask_git, read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.git.tips import Tip, trees_of
from trainstore.store.git.walk_trees import walk_trees


def named_in_tree(repository: Repository, commit: str) -> dict[str, str]:
    """Return the ids that pointers in a commit's tree name, each with the path of one of them."""
    trees = trees_of(repository, [Tip(commit, commit)])
    leaves = walk_trees(repository, trees, lambda name: is_pointer_name(name.decode(errors="replace")))
    return _named(repository, ((leaf.path, leaf.blob) for leaf in leaves))


def named_in_history(repository: Repository, tip: str, without: str | None = None) -> dict[str, str]:
    """Return the ids that pointers ever named in the commits that lead to a tip and not to another commit."""
    excluded = [f"^{without}"] if without else []
    commits = ask_git(repository.root, ["rev-list", tip, *excluded]).decode().split()
    if not commits:
        return {}
    files = files_of_commits(repository, commits, [])
    return _named(
        repository,
        (
            (path, blob)
            for written in files.values()
            for path, blob in written.items()
            if is_pointer_name(path.rpartition("/")[2])
        ),
    )


def _named(repository: Repository, pointers: Iterable[tuple[str, str]]) -> dict[str, str]:
    blobs = dict((blob, path) for path, blob in pointers)
    contents = read_blobs(repository.root, blobs)
    return {identity: path for blob, path in blobs.items() for identity in sorted(named_ids(contents[blob]))}
