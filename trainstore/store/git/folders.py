"""Which names stand in a folder in each of many commits, from one question to git."""

import os
from collections.abc import Sequence

from trainstore.store.git.read import read_objects
from trainstore.store.git.repository import Repository
from trainstore.store.git.trees import parse_tree


def names_in_folders(repository: Repository, places: Sequence[tuple[str, str]]) -> list[frozenset[str]]:
    """Return the names in each (commit, folder); none where the commit is not there or has no such folder."""
    found = read_objects(repository.root, [os.fsencode(f"{commit}:{folder}") for commit, folder in places])
    return [
        frozenset(map(os.fsdecode, parse_tree(one.content, len(one.identity) // 2)))
        if one is not None and one.kind == "tree"
        else frozenset()
        for one in found
    ]
