"""Which version was made from which: a function's versions, with their parents and children in other functions."""

from typing import NamedTuple

from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_function


class Descent(NamedTuple):
    """A version, and the one that it was made from; None where that is not known."""

    version: Version
    parent: Version | None


def lineage(repository: Repository, name: str) -> list[Descent]:
    """Return the versions of a function and all that they are linked to, each after its parent, oldest first.

    Raises:
        NotFound: there is no such function, or several.
    """
    with open_index(repository) as index:
        versions = index.versions(*resolve_function(index, name))
        known = {version.path: version for version in versions}
        parents: dict[str, str | None] = {}
        waiting = list(known)
        while waiting:
            path = waiting.pop()
            parents[path] = parent = index.origins.parent(path)
            for other in [*([parent] if parent else []), *index.origins.children(path)]:
                if other not in known and (found := index.version_at(other)) is not None:
                    known[other] = found
                    waiting.append(other)
    return _in_order(known, parents)


def _in_order(known: dict[str, Version], parents: dict[str, str | None]) -> list[Descent]:
    """Return each version after its parent. A chain that leads back into itself, as forged ones can, is cut."""
    ordered: dict[str, Descent] = {}
    for path in sorted(known, key=lambda path: (known[path].timestamp, path)):
        chain: list[str] = []
        step: str | None = path
        while step in known and step not in ordered and step not in chain:
            chain.append(step)
            step = parents.get(step)
        for one in reversed(chain):
            parent = parents.get(one) or ""
            ordered[one] = Descent(known[one], known[parent] if parent in ordered else None)
    return list(ordered.values())
