"""Reading the trees of many commits at once; what they share is read once."""

import os
from collections.abc import Callable, Mapping
from typing import NamedTuple

from trainstore.store.git.read import read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.git.trees import FOLDER, SUBMODULE, parse_tree


class Leaf(NamedTuple):
    """A file of a tree, and the name of the first tree that has it."""

    path: str
    blob: str
    holder: str


def walk_trees(
    repository: Repository, trees: Mapping[str, str], wanted: Callable[[bytes], bool]
) -> list[Leaf]:
    """Return the files of trees whose own names are wanted, each content at a path once.

    Starts one process for each level of folders.

    Args:
        repository: where they are.
        trees: id -> name of what holds it; of several that share a file, the first one is named.
        wanted: tells of a file's name, without its folder.

    Raises:
        GitFailed: a tree is damaged or missing.
    """
    leaves: list[Leaf] = []
    seen: set[tuple[bytes, str]] = set()
    level = [(b"", tree, holder) for tree, holder in trees.items()]
    while level:
        contents = read_blobs(repository.root, {tree for _, tree, _ in level})
        below = []
        for folder, tree, holder in level:
            for name, entry in parse_tree(contents[tree], len(tree) // 2).items():
                place = (folder + name, entry.identity.hex())
                if entry.mode == SUBMODULE or place in seen or not (entry.mode == FOLDER or wanted(name)):
                    continue
                seen.add(place)
                if entry.mode == FOLDER:
                    below.append((place[0] + b"/", place[1], holder))
                else:
                    leaves.append(Leaf(os.fsdecode(place[0]), place[1], holder))
        level = below
    return leaves
