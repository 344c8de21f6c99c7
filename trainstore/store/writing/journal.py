"""The journal: what a writing command is about to do to the work tree, the index and the branch.

It is written before the first of these is touched and cleared after the last. The next writing command that
finds one takes the unfinished action back: the branch moves last, so what it does not reach was never reported.
"""

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from trainstore.errors import StoreConflict
from trainstore.store.writing.work_tree import sync_folder, write_file


@dataclass(frozen=True)
class FileChange:
    """What happens to one path.

    Attributes:
        path: relative to the store.
        new: id of the blob that the action puts there; None where it takes the file away.
        touched: whether the work tree has to change; a file that the user already put there is left alone.
    """

    path: str
    new: str | None
    touched: bool


@dataclass(frozen=True)
class Journal:
    """An action between its first touch of the work tree and its last.

    Attributes:
        private: the reference that holds the new commits meanwhile.
        files: every path that it changes.
    """

    private: str
    files: tuple[FileChange, ...]


def write_journal(state: Path, journal: Journal) -> None:
    """Make the journal durable. Writes: the journal file."""
    content = json.dumps({"private": journal.private, "files": [vars(file) for file in journal.files]})
    write_file(state / "journal", f"{_digest(content)}\n{content}".encode())


def read_journal(state: Path) -> Journal | None:
    """Return the journal of an action that did not end; None where there is none.

    Raises:
        StoreConflict: it is damaged, or a later release wrote it.
    """
    try:
        digest, _, text = (state / "journal").read_bytes().decode().partition("\n")
        if digest != _digest(text):
            raise ValueError("it is not what was written")
        content = json.loads(text)
        return Journal(content["private"], tuple(FileChange(**file) for file in content["files"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise StoreConflict(
            f"The journal {str(state / 'journal')!r} of an action that did not end cannot be read.",
            "See with git status what that action left behind, then remove the journal.",
        ) from error


def _digest(content: str) -> str:
    return sha256(content.encode()).hexdigest()


def clear_journal(state: Path) -> None:
    """End the action."""
    (state / "journal").unlink(missing_ok=True)
    sync_folder(state)
