"""Git's tree objects: their bytes as entries and back, and what changes of files make of them."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

FILE, FOLDER, SUBMODULE = b"100644", b"40000", b"160000"

_ENTRY = {length: re.compile(rb"(\d+) ([^\0]+)\0(.{%d})" % length, re.DOTALL) for length in (20, 32)}


class Entry(NamedTuple):
    """One line of a tree: its mode as git writes it, and the raw id of what stands there."""

    mode: bytes
    identity: bytes


Tree = dict[bytes, Entry]


class PathConflict(Exception):
    """A folder stands where a file must, or the other way round."""


def parse_tree(content: bytes, id_length: int) -> Tree:
    """Return the entries of a tree by their names."""
    return {name: Entry(mode, identity) for mode, name, identity in _ENTRY[id_length].findall(content)}


def format_tree(tree: Mapping[bytes, Entry]) -> bytes:
    """Return the bytes of a tree, in git's order: a folder stands where its name with a slash would."""
    order = sorted(tree, key=lambda name: name + b"/" if tree[name].mode == FOLDER else name)
    return b"".join(b"%s %s\0%s" % (tree[name].mode, name, tree[name].identity) for name in order)


def split_path(path: bytes) -> tuple[bytes, bytes]:
    """Return a path's folder, empty for the root, and its name there."""
    folder, _, name = path.rpartition(b"/")
    return folder, name


def folders_above(paths: Iterable[bytes]) -> list[bytes]:
    """Return every folder on the way to some paths, the root among them, each before the one that holds it."""
    above: set[bytes] = set()
    below = {split_path(path)[0] for path in paths}
    while below:
        above |= below
        below = {split_path(folder)[0] for folder in below} - above
    return sorted(above, key=len, reverse=True)
