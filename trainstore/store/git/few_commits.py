"""A few commits on top of HEAD without `git fast-import`: the trees that change are read, changed and written.

For one save this spares fast-import, which begins a pack, and a second process that takes it apart.
"""

import os
from collections.abc import Iterable, Sequence

from trainstore.store.git.changes import Change, Commit, Write
from trainstore.store.git.fast_import import Identity, Written
from trainstore.store.git.loose_objects import LooseObjects
from trainstore.store.git.read import read_objects
from trainstore.store.git.repository import Repository
from trainstore.store.git.trees import (
    FILE,
    FOLDER,
    SUBMODULE,
    Entry,
    PathConflict,
    Tree,
    folders_above,
    format_tree,
    parse_tree,
    split_path,
)

_MOST_FILES = 16  # beyond it, one process costs less than so many flushes


def add_few_commits(
    repository: Repository, parent: str | None, commits: Sequence[Commit], identity: Identity
) -> Written | None:
    """Write a short chain of commits; None where fast-import must: it is long, or odd, or to be signed."""
    paths = [change.path for commit in commits for change in commit.changes]
    if parent is None or identity.signs or identity.shares:
        return None
    folders = folders_above(map(os.fsencode, paths)) or [b""]
    a_line_each = not any("\n" in path for path in paths)
    if len(paths) > _MOST_FILES or not a_line_each or not set(folders).isdisjoint(map(os.fsencode, paths)):
        return None
    try:
        trees = _read_trees(repository, parent, folders)
        had = {path: entry for path in paths if (entry := _find(trees, os.fsencode(path))) is not None}
        objects = LooseObjects(len(parent))
        written = Written([], {}, {path: entry.identity.hex() for path, entry in had.items()})
        for commit in commits:
            _apply(trees, commit.changes, objects, written)
            parent = objects.add(b"commit", _commit(commit, _root(trees, folders, objects), parent, identity))
            written.commits.append(parent)
        objects.write(repository.common_dir / "objects")
    except (PathConflict, OSError):  # where the disk is full, git says so too
        return None
    return written


def _read_trees(repository: Repository, commit: str, folders: Sequence[bytes]) -> dict[bytes, Tree]:
    """Return the tree of each folder of a commit, an empty one where it has none."""
    found = read_objects(repository.root, [b"%s:%s" % (commit.encode(), folder) for folder in folders])
    trees: dict[bytes, Tree] = {}
    for folder, tree in zip(folders, found, strict=True):
        if tree is not None and tree.kind != "tree":
            raise PathConflict(folder)
        trees[folder] = parse_tree(tree.content, len(commit) // 2) if tree else {}
    for folder in filter(None, folders):
        entry = _find(trees, folder, anything=True)
        if (entry is not None) != bool(trees[folder]) or (entry is not None and entry.mode != FOLDER):
            raise PathConflict(folder)  # or the tree cannot be read, which fast-import will tell of
    return trees


def _find(trees: dict[bytes, Tree], path: bytes, *, anything: bool = False) -> Entry | None:
    """Return what stands at a path. Raises PathConflict where that is a folder, unless anything will do."""
    folder, name = split_path(path)
    entry = trees[folder].get(name)
    if entry is not None and not anything and entry.mode in (FOLDER, SUBMODULE):
        raise PathConflict(path)
    return entry


def _apply(
    trees: dict[bytes, Tree], changes: Iterable[Change], objects: LooseObjects, written: Written
) -> None:
    for change in changes:
        folder, name = split_path(os.fsencode(change.path))
        if isinstance(change, Write):
            blob = objects.add(b"blob", change.content)
            trees[folder][name] = Entry(FILE, bytes.fromhex(blob))
            written.blobs[change.path] = blob
        else:
            trees[folder].pop(name, None)
            written.blobs[change.path] = None


def _root(trees: dict[bytes, Tree], folders: Iterable[bytes], objects: LooseObjects) -> str:
    """Return the id of the root's tree, after that of every folder below it; an empty folder goes."""
    for folder in folders:
        if not folder:
            break
        above, name = split_path(folder)
        if trees[folder]:
            tree = objects.add(b"tree", format_tree(trees[folder]))
            trees[above][name] = Entry(FOLDER, bytes.fromhex(tree))
        else:
            trees[above].pop(name, None)
    return objects.add(b"tree", format_tree(trees[b""]))


def _commit(commit: Commit, tree: str, parent: str, identity: Identity) -> bytes:
    message = commit.message.encode(errors="replace")
    head = f"tree {tree}\nparent {parent}\n".encode() + identity.lines(commit.author_time)
    return b"%s\n%s" % (head, message)
