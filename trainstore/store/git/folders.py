"""Which names stand in a folder in each of many commits, from one question to git."""

import os
from collections.abc import Sequence

from trainstore.store.git.read import ask_git
from trainstore.store.git.repository import Repository


def names_in_folders(repository: Repository, places: Sequence[tuple[str, str]]) -> list[frozenset[str]]:
    """Return the names in each (commit, folder); none where the commit is not there or has no such folder."""
    if not places:
        return []
    questions = b"".join(os.fsencode(f"{commit}:{folder}\n") for commit, folder in places)
    output = ask_git(repository.root, ["cat-file", "--batch", "--buffer"], questions)
    found: list[frozenset[str]] = []
    place = 0
    for _ in places:
        end = output.index(b"\n", place)
        header = output[place:end].split(b" ")
        place = end + 1
        if header[-1] == b"missing" or header[1:2] != [b"tree"]:
            found.append(frozenset())
            if header[-1] != b"missing":
                place += int(header[-1]) + 1
            continue
        size = int(header[2])
        found.append(frozenset(_names(output[place : place + size], len(header[0]) // 2)))
        place += size + 1
    return found


def _names(tree: bytes, id_bytes: int) -> list[str]:
    """Return the names of a tree object: its entries are a mode, a space, a name, a zero byte and an id."""
    names = []
    place = 0
    while place < len(tree):
        begin = tree.index(b" ", place) + 1
        end = tree.index(b"\0", begin)
        names.append(os.fsdecode(tree[begin:end]))
        place = end + 1 + id_bytes
    return names
