"""A lock on a repository's cache: between adding a checkpoint and committing its pointer, nothing may be reclaimed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from trainstore.disk_format.layout import STATE
from trainstore.errors import StoreLocked
from trainstore.store.git.repository import Repository
from trainstore.store.writing.lock import locked_within

_CACHE = "cache.lock"
_REMOTES = "remotes.lock"


@contextmanager
def cache_in_use(repository: Repository) -> Iterator[None]:
    """Keep the cache from being reclaimed; any number of processes may do so at a time."""
    with _locked(repository, _CACHE, fcntl.LOCK_SH, 3600.0, "The cache is being reclaimed"):
        yield


@contextmanager
def cache_to_itself(repository: Repository, wait_seconds: float = 60.0) -> Iterator[None]:
    """Hold the cache of all work trees while nobody has added what no commit names yet.

    Raises:
        StoreLocked: someone kept it in use all that time.
    """
    with _locked(
        repository, _CACHE, fcntl.LOCK_EX, wait_seconds, "What a run or a transfer adds is not committed yet"
    ):
        yield


@contextmanager
def remotes_to_itself(repository: Repository, wait_seconds: float = 60.0) -> Iterator[None]:
    """Hold the right to free what this clone shares, so that what an earlier process of its left there is a dead one's.

    Raises:
        StoreLocked: another process had it all that time.
    """
    with _locked(repository, _REMOTES, fcntl.LOCK_EX, wait_seconds, "What is shared is being reclaimed"):
        yield


@contextmanager
def _locked(
    repository: Repository, name: str, operation: int, wait_seconds: float, reason: str
) -> Iterator[None]:
    state = repository.common_dir / STATE
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if not locked_within(descriptor, operation, wait_seconds):
            raise StoreLocked(
                f"{reason}; waited {wait_seconds:.0f} s.",
                "Wait for it to end, then try again; the lock goes when the process does.",
            )
        yield
    finally:
        os.close(descriptor)
