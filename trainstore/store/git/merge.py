"""Merging two histories into a tree, file by file and nowhere but among git's objects: no work tree, no index of the user's."""

import os
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trainstore.errors import GitFailed, StoreConflict
from trainstore.store.git.read import ask_git, examine_with_git, read_blobs, try_git
from trainstore.store.git.repository import Repository
from trainstore.store.git.write import write_git

_BASE, _OURS, _THEIRS = 1, 2, 3
_FILE = "100644"


@dataclass(frozen=True)
class MergedTree:
    """The tree of a merge; None where ``conflicts``, paths that both sides changed, keep it from being made."""

    tree: str | None
    conflicts: tuple[str, ...] = ()


def is_ancestor(repository: Repository, older: str, newer: str) -> bool:
    """Tell whether a commit is another one, or leads to it."""
    found = examine_with_git(repository.root, ["merge-base", "--is-ancestor", older, newer])
    if found.exit_code not in (0, 1):
        raise GitFailed(f"git cannot compare two commits: {found.errors.strip()}", "See: trainstore verify")
    return found.exit_code == 0


def count_commits(repository: Repository, without: str | None, tip: str) -> int:
    """Return how many commits lead to a tip and not to another commit."""
    return int(ask_git(repository.root, ["rev-list", "--count", tip, *([f"^{without}"] if without else [])]))


def merge_trees(repository: Repository, ours: str, theirs: str) -> MergedTree:
    """Merge the trees of two commits, by their common ancestor.

    Renames are not looked for: each version is a file of its own, and one that resembles another is another one. A file
    that both changed is merged line by line; pins and lists of ignored files get the lines of both.

    Raises:
        StoreConflict: the histories have nothing in common.
    """
    found = try_git(repository.root, ["merge-base", ours, theirs])
    if found is None:
        raise StoreConflict(
            "The two histories have nothing in common, so these are two stores.",
            "Save the files of one in the other: trainstore import FOLDER",
        )
    with tempfile.TemporaryDirectory(prefix="trainstore-merge-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        trees = [found.decode().strip(), ours, theirs]
        write_git(repository, ["read-tree", "-i", "-m", "--aggressive", *trees], environment=index)
        sides = _unmerged(write_git(repository, ["ls-files", "-u", "-z"], environment=index))
        merged = _merge_files(repository, sides, Path(folder))
        conflicts = sorted(sides.keys() - merged.keys())
        if conflicts:
            return MergedTree(None, tuple(conflicts))
        entries = [f"{_FILE} {blob}\t".encode() + os.fsencode(path) + b"\0" for path, blob in merged.items()]
        if entries:
            write_git(repository, ["update-index", "-z", "--index-info"], entries, index)
        return MergedTree(write_git(repository, ["write-tree"], environment=index).decode().strip())


def _unmerged(listed: bytes) -> dict[str, dict[int, tuple[str, str]]]:
    """Return path -> stage -> (mode, blob) of what is not merged."""
    sides: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    for line in os.fsdecode(listed).split("\0")[:-1]:
        entry, _, path = line.partition("\t")
        mode, blob, stage = entry.split(" ")
        sides[path][int(stage)] = (mode, blob)
    return sides


def _merge_files(
    repository: Repository, sides: Mapping[str, Mapping[int, tuple[str, str]]], folder: Path
) -> dict[str, str]:
    """Return the blob of each path whose sides can be merged."""
    plain = {
        path: {stage: blob for stage, (_, blob) in found.items()}
        for path, found in sides.items()
        if found.keys() >= {_OURS, _THEIRS} and {mode for mode, _ in found.values()} == {_FILE}
    }
    contents = read_blobs(repository.root, [blob for found in plain.values() for blob in found.values()])
    merged: dict[str, str] = {}
    for path, found in plain.items():
        texts = {stage: contents[blob] for stage, blob in found.items()}
        content = _lines_of_both(texts) if _is_list(path) else _by_lines(repository, texts, folder)
        if content is not None:
            told = write_git(repository, ["hash-object", "-w", "--stdin"], [content])
            merged[path] = told.decode().strip()
    return merged


def _is_list(path: str) -> bool:
    return path.endswith(".pin") or path.rpartition("/")[2] in (".gitignore", ".dvcignore", ".gitattributes")


def _lines_of_both(texts: Mapping[int, bytes]) -> bytes:
    """Return the lines of ours, then those of theirs that are new; what either side took away goes."""
    base, ours, theirs = (texts.get(stage, b"").splitlines() for stage in (_BASE, _OURS, _THEIRS))
    gone = {line for line in base if line not in ours or line not in theirs}
    kept = dict.fromkeys([*ours, *theirs])
    return b"".join(line + b"\n" for line in kept if line not in gone)


def _by_lines(repository: Repository, texts: Mapping[int, bytes], folder: Path) -> bytes | None:
    if _BASE not in texts:
        return None
    files = {stage: folder / f"side-{stage}" for stage in texts}
    for stage, file in files.items():
        file.write_bytes(texts[stage])
    order = [str(files[stage]) for stage in (_OURS, _BASE, _THEIRS)]
    found = examine_with_git(repository.root, ["merge-file", "-p", "--quiet", *order])
    return found.output if found.exit_code == 0 else None
