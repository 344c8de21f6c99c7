"""Bytes copied in one pass: read once, written once, and hashed meanwhile."""

import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, BinaryIO

CHUNK = 1 << 18  # bytes read at a time
_BYTES_A_FLUSH = 1 << 25  # so that the disk has most of a large file before the last one is hashed


@dataclass(frozen=True)
class StoredFile:
    """One file in the cache: its two digests (hex) and its size in bytes."""

    md5: str
    sha256: str
    size: int


def copy_hashed(source: BinaryIO, target: IO[bytes]) -> StoredFile:
    """Copy what an open file yields from where it stands; the last bytes are not flushed yet.

    A chunk is hashed twice and written while the processor has it at hand; a large file goes to the disk meanwhile.

    Raises:
        OSError: the disk is full, or fails.
    """
    md5, sha256, size, flushed = hashlib.md5(usedforsecurity=False), hashlib.sha256(), 0, 0
    flushing: list[Future[None]] = []
    with ThreadPoolExecutor(1) as thread:  # starts where there is something to flush
        while chunk := source.read(CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
            target.write(chunk)
            size += len(chunk)
            if size - flushed >= _BYTES_A_FLUSH:
                target.flush()
                flushed = size
                flushing.append(thread.submit(os.fdatasync, target.fileno()))
        for flush in flushing:
            flush.result()
    return StoredFile(md5.hexdigest(), sha256.hexdigest(), size)
