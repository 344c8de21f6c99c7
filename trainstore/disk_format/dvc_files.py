"""The text of DVC's own files: its configuration, its ignore files, pointers and folder objects."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from trainstore.errors import InvalidRecord, UsageError

DVC_CONFIG = '[cache]\n    type = "reflink,hardlink,copy"\n'
DVC_GITIGNORE = "/config.local\n/tmp\n/cache\n"
# DVC walks the whole store for pointers; records are git's alone and there may be thousands.
DVCIGNORE = "/generated_training_functions/\n"

_FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
_FILE_ID = re.compile(r"[0-9a-f]{32}")
_FOLDER_ID = re.compile(r"[0-9a-f]{32}\.dir")
_ANY_ID = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?:\.dir)?(?![0-9A-Za-z])")
_ANY_KEY = re.compile(r"(?<![0-9A-Za-z_])md5[\"']?\s*:\s*[\"']?([^\s,}\"']*)")
_POINTER_SIZE = re.compile(r"^[- ] size: *([0-9]{1,18}) *\r?$", re.MULTILINE)
_POINTER_ID = re.compile(r"^[- ] md5: *[\"']?([0-9a-f]{32}\.dir)[\"']? *\r?$", re.MULTILINE)


def worktree_cache_config(main_root: Path) -> str:
    """Return the ``.dvc/config.local`` with which a linked worktree shares the main worktree's cache.

    Raises:
        UsageError: the path has characters that DVC's configuration cannot hold.
    """
    directory = str(main_root / ".dvc" / "cache")
    quote = next((mark for mark in "\"'" if mark not in directory), None)
    # "%(name)s" is replaced when DVC reads the file, and cannot be escaped.
    if quote is None or "%(" in directory or not directory.isprintable():
        raise UsageError(
            f"DVC's configuration cannot hold the path {directory!r}.",
            "Move the main worktree to a folder with a plainer name.",
        )
    return f"[cache]\n    dir = {quote}{directory}{quote}\n"


def render_pointer(md5: str, size: int, files: int, name: str) -> bytes:
    """Return the pointer that stands beside a tracked folder, byte for byte as DVC writes it.

    Args:
        md5: id of the folder's object, ending in ``.dir``.
        size: bytes of all files.
        files: how many files.
        name: the folder's name, a plain file name.
    """
    fields = [f"md5: {md5}", f"size: {size}", f"nfiles: {files}", "hash: md5", f"path: {name}"]
    return ("outs:\n- " + "\n  ".join(fields) + "\n").encode()


def render_file_pointer(md5: str, size: int, name: str, meta: Mapping[str, object]) -> bytes:
    """Return the pointer of a tracked file, with what DVC keeps for others under ``meta``.

    Args:
        md5: id of the file's object.
        size: its bytes.
        name: the file's name, a plain file name.
        meta: JSON values; JSON is YAML as well.
    """
    out = "\n  ".join([f"md5: {md5}", f"size: {size}", "hash: md5", f"path: {name}"])
    return f"meta: {json.dumps({'trainstore': meta})}\nouts:\n- {out}\n".encode()


def is_pointer_name(name: str) -> bool:
    """Tell whether DVC reads a file of this name as one that points into its cache."""
    return name.endswith(".dvc") or name == "dvc.lock"


def named_ids(content: bytes) -> frozenset[str]:
    """Return every id of an object that a text of DVC's may name: a pointer, a lock file, a list of files."""
    return frozenset(_ANY_ID.findall(content.decode(errors="replace")))


def is_whole_pointer(name: str, content: bytes) -> bool:
    """Tell whether all that a pointer or a lock file points to can be read; of a damaged one that is not known."""
    text = content.decode(errors="replace")
    values = _ANY_KEY.findall(text)
    nothing = name == "dvc.lock" and "schema:" in text  # a pipeline that never ran
    return (bool(values) or nothing) and all(_ANY_ID.fullmatch(value) for value in values)


def pointed_folder(content: bytes) -> str | None:
    """Return the id of the folder's object that a pointer names; None where it names none or several."""
    found = _POINTER_ID.findall(content.decode(errors="replace"))
    return found[0] if len(found) == 1 else None


def pointed_size(content: bytes) -> int | None:
    """Return the bytes of the folder that a pointer names; None where it does not say."""
    found = _POINTER_SIZE.findall(content.decode(errors="replace"))
    return int(found[0]) if len(found) == 1 else None


def parse_folder_object(content: bytes) -> Mapping[str, str]:
    """Return file name -> md5 of a DVC folder object that holds plainly named files only.

    Raises:
        InvalidRecord: not such an object; names that would lead out of the folder are refused here.
    """
    try:
        entries = {entry["relpath"]: entry["md5"] for entry in json.loads(content)}
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise InvalidRecord("A checkpoint's folder object is not a list of names and ids.") from error
    for name, md5 in entries.items():
        if not is_file_name(name) or not (isinstance(md5, str) and _FILE_ID.fullmatch(md5)):
            raise InvalidRecord(f"A checkpoint's folder object has the unusable entry {name!r}: {md5!r}.")
    return entries


def is_file_name(name: object) -> bool:
    """Tell whether a name is plain enough for a checkpoint's file: ASCII letters, digits and ``._-``."""
    return isinstance(name, str) and _FILE_NAME.fullmatch(name) is not None


def is_file_id(md5: object) -> bool:
    """Tell whether a value is the id of a file's object: 32 hex digits."""
    return isinstance(md5, str) and _FILE_ID.fullmatch(md5) is not None


def is_folder_id(md5: str) -> bool:
    """Tell whether a text is the id of a folder's object: 32 hex digits and ``.dir``."""
    return _FOLDER_ID.fullmatch(md5) is not None
