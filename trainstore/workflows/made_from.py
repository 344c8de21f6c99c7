"""Which version another one was made from, and what changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from trainstore.diff.architecture.compare import compare_architectures
from trainstore.diff.architecture.layer import Architecture
from trainstore.diff.architecture.sources import Side, architecture_by_code
from trainstore.diff.architecture.summary import summarise
from trainstore.diff.code.code_diff import compare_code
from trainstore.diff.search_space import compare_spaces
from trainstore.diff.summary import summarise_change
from trainstore.errors import InvalidRecord
from trainstore.records.training_record import TrainingRecord, decode_record
from trainstore.store.git.folders import names_in_folders
from trainstore.store.git.read import blobs_at, read_blobs
from trainstore.store.git.repository import Repository
from trainstore.store.index.entries import Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index


@dataclass(frozen=True)
class Change:
    """What became of a version.

    Attributes:
        made_from: the version that a model improved; else the one that was current when this one was saved, of those
            older than it. None where there is none.
        summary: what changed since that one, in one line; empty where there is none.
    """

    made_from: Version | None
    summary: str


def change_of(repository: Repository, version: Version) -> Change:
    """Return which version one was made from, and what changed."""
    with open_index(repository) as index:
        made_from = find_parents(repository, index, [version])[0]
    return Change(made_from, summaries(repository, [(made_from, version)])[0])


def find_parents(repository: Repository, index: Index, versions: Sequence[Version]) -> list[Version | None]:
    """Return the version that each was made from; see `Change`."""
    told = [index.origins.parent(version.path) for version in versions]
    improved = index.versions_with(path for path in told if path)
    before = names_in_folders(repository, [(f"{version.commit}^", version.folder) for version in versions])
    siblings = _by_function(index, versions)
    return [
        improved.get(path or "")
        or newest_of(siblings[version.function], version.folder, names, before=version.ordinal)
        for version, path, names in zip(versions, told, before, strict=True)
    ]


def newest_of(
    versions: Sequence[Version], folder: str, names: frozenset[str], before: int | None = None
) -> Version | None:
    """Return the newest of a function's versions, oldest first, whose file is among the names in its folder."""
    older = versions if before is None else versions[: before - 1]
    return next(
        (one for one in reversed(older) if one.folder == folder and one.path.rpartition("/")[2] in names),
        None,
    )


def summaries(repository: Repository, pairs: Sequence[tuple[Version | None, Version]]) -> list[str]:
    """Return what changed from each old version to its new one; empty where there is no old one."""
    records = _read(repository, {version for pair in pairs if pair[0] for version in pair if version})

    @cache
    def architecture(path: str) -> Architecture:
        """Read a version's once: in a history it is the new one of one pair and the old one of the next."""
        one = records[path]
        return architecture_by_code(
            Side(one.code, one.bo_config, data_profile=one.content.get("data_profile") or {})
        )

    def summary(old: Version | None, new: Version) -> str:
        if old is None or old.path not in records or new.path not in records:
            return ""
        before, after = records[old.path], records[new.path]
        code = compare_code(before.code, after.code, "old", "new")
        space = compare_spaces(before.bo_config, after.bo_config)
        if not code and before.bo_config == after.bo_config:
            return summarise_change([], space, code)
        changed = compare_architectures(architecture(old.path), architecture(new.path))
        return summarise_change(summarise(changed), space, code)

    return [summary(old, new) for old, new in pairs]


def _read(repository: Repository, versions: Iterable[Version]) -> Mapping[str, TrainingRecord]:
    """Return the records of versions by their paths; without those that cannot be read."""
    wanted = list(versions)
    blobs = blobs_at(repository.root, [(version.commit, version.path) for version in wanted])
    contents = read_blobs(repository.root, [blob for blob in blobs if blob])
    records = {}
    for version, blob in zip(wanted, blobs, strict=True):
        try:
            if blob:
                name = version.path.rpartition("/")[2]
                records[version.path] = decode_record(contents[blob], name, version.timestamp)
        except InvalidRecord:
            continue
    return records


def _by_function(index: Index, versions: Iterable[Version]) -> dict[str, list[Version]]:
    functions = {version.function: version for version in versions}
    return {name: index.versions(one.data_type, one.model_name) for name, one in functions.items()}
