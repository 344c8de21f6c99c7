"""Whether an object of DVC's cache still holds the bytes that it is named after."""

import hashlib
from pathlib import Path

from trainstore.errors import CheckpointMissing


def file_md5(file: Path) -> str:
    """Return the MD5 of a file's content, in hex, as DVC names it."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def require_intact(stored: Path, what: str) -> None:
    """Compare an object with its name.

    Args:
        stored: where it stands in the cache.
        what: it is, as the beginning of a sentence.

    Raises:
        CheckpointMissing: it has other bytes.
    """
    if file_md5(stored) != stored.parent.name + stored.name.removesuffix(".dir"):
        # DVC trusts a read-only object without looking, so a fetch alone would not replace it.
        raise CheckpointMissing(
            f"{what} is corrupt in the cache.", f"Delete {str(stored)!r}, then: dvc fetch"
        )
