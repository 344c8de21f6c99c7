"""Replies that were not saved, kept for audit outside of the functions: a folder of passing state, bounded in size."""

import json
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

from trainstore.store.git.repository import Repository

_FOLDER = "rejected"
_MOST_FILES = 200
_MOST_BYTES = 32 * 1024 * 1024
_LONGEST_REPLY = 1024 * 1024


def rejected_folder(repository: Repository) -> Path:
    """Return where they are: in the git directory, for they are not the project's to share."""
    return repository.state / _FOLDER


def keep_rejected(folder: Path | None, reply: str, reasons: list[str], about: dict[str, Any]) -> str:
    """Keep a reply with why it was not saved, and return its digest; the oldest give way to new ones.

    Args:
        folder: where; None keeps nothing. A folder that cannot be written to is no reason to stop.
        reply: as the model gave it.
        reasons: what is wrong with it, or what kept it from being tried.
        about: the model, the prompt and the like.
    """
    digest = sha256(reply.encode("utf-8", "surrogatepass")).hexdigest()
    if folder is not None:
        content = {**about, "reasons": reasons, "digest": f"sha256:{digest}", "reply": reply[:_LONGEST_REPLY]}
        seconds, rest = divmod(time.time_ns(), 10**9)
        name = f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(seconds))}-{rest:09}-{digest[:8]}.json"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(content, indent=1), encoding="utf-8")
            _bound(folder)
    return f"sha256:{digest}"


def _bound(folder: Path) -> None:
    total = 0
    for count, file in enumerate(sorted(folder.glob("*.json"), reverse=True), start=1):
        total += file.stat().st_size
        if count > 1 and (count > _MOST_FILES or total > _MOST_BYTES):
            file.unlink(missing_ok=True)
