"""Bytes copied in one pass: read once, written once, and hashed meanwhile."""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, BinaryIO, Protocol

CHUNK = 1 << 20  # bytes read at a time
_CHUNKS_A_FLUSH = 64  # so that the disk has most of a large file before the last byte is hashed


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


_Digests = tuple[_Digest, ...]


@dataclass(frozen=True)
class StoredFile:
    """One file in the cache: its two digests (hex) and its size in bytes."""

    md5: str
    sha256: str
    size: int


def copy_hashed(source: BinaryIO, target: IO[bytes]) -> StoredFile:
    """Copy what an open file yields from where it stands; the last bytes are not flushed yet.

    Three chunks are in memory at most.

    Raises:
        OSError: the disk is full, or fails.
    """
    digests = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    chunk = source.read(CHUNK)
    if len(chunk) < CHUNK:  # threads would take longer to start than to hash it
        size = _copy_alone(chunk, source, target, digests)
    else:
        size = _copy_side_by_side(chunk, source, target, digests)
    md5, sha256 = (digest.hexdigest() for digest in digests)
    return StoredFile(md5, sha256, size)


def _copy_alone(chunk: bytes, source: BinaryIO, target: IO[bytes], digests: _Digests) -> int:
    size = 0
    while chunk:
        for digest in digests:
            digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
        chunk = source.read(CHUNK)
    return size


def _copy_side_by_side(chunk: bytes, source: BinaryIO, target: IO[bytes], digests: _Digests) -> int:
    """Hash each chunk while it is written and the next one is read: both let go of the interpreter's lock."""
    size = chunks = 0
    hashing: list[Future[None]] = []
    flushing: list[Future[None]] = []
    with ThreadPoolExecutor(len(digests) + 1) as threads:
        while chunk:
            _wait(hashing)
            hashing = [threads.submit(digest.update, chunk) for digest in digests]
            target.write(chunk)
            size, chunks = size + len(chunk), chunks + 1
            if chunks % _CHUNKS_A_FLUSH == 0:
                _wait(flushing)
                target.flush()
                flushing = [threads.submit(os.fdatasync, target.fileno())]
            chunk = source.read(CHUNK)
        _wait(hashing + flushing)
    return size


def _wait(begun: list[Future[None]]) -> None:
    for task in begun:
        task.result()
