"""Searching the code of every version in the tree."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from trainstore.disk_format.layout import FUNCTIONS
from trainstore.errors import InvalidRecord, UsageError
from trainstore.records.training_record import decode_record
from trainstore.store.git.read import list_tree, read_blobs
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index

_BLOBS_A_CALL = 500  # as many records as are held in memory at once


@dataclass(frozen=True)
class CodeMatch:
    """A line of a version's code that matches; lines count from 1."""

    version: Version
    line: int
    text: str


def search_code(repository: Repository, pattern: str) -> list[CodeMatch]:
    """Return every matching line, by function, oldest version first.

    Raises:
        UsageError: the pattern is not a regular expression.
    """
    try:
        expression = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise UsageError(
            f"{pattern[:200]!r} is not a regular expression: {error}.", "Escape it, as in: \\("
        ) from error
    with open_index(repository) as index:
        versions = index.versions_in_tree()
    if not versions:
        return []
    blobs = list_tree(repository.root, str(read_head(repository).commit), [FUNCTIONS])
    return [
        match
        for version, code in _codes(repository, versions, blobs)
        for match in _matches(version, code, expression)
    ]


def _codes(
    repository: Repository, versions: list[Version], blobs: dict[str, str]
) -> Iterator[tuple[Version, str]]:
    there = [version for version in versions if version.path in blobs]
    for start in range(0, len(there), _BLOBS_A_CALL):
        some = there[start : start + _BLOBS_A_CALL]
        contents = read_blobs(repository.root, [blobs[version.path] for version in some])
        for version in some:
            name = PurePosixPath(version.path).name
            try:
                yield version, decode_record(contents[blobs[version.path]], name, version.timestamp).code
            except InvalidRecord:  # `verify` names it
                continue


def _matches(version: Version, code: str, expression: re.Pattern[str]) -> Iterator[CodeMatch]:
    for number, line in enumerate(code.split("\n"), start=1):
        if expression.search(line):
            yield CodeMatch(version, number, line)
