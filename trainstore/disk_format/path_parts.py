"""Turning a true name into one safe part of a path."""

import re
import unicodedata
from collections.abc import Container
from functools import lru_cache
from itertools import count

MOST_BYTES = 200

# As text, which `re` compiles at the first use: a command that only reads does without.
_REPLACED = r'[<>:"/\\|?*()\[\]{}\s]'
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_WINDOWS_DEVICES = r"(?i)^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(\..*)?$"
# Names that a git checkout refuses or that Windows shortens to one: ".git", "git~1".
_GIT_NAMES = r"(?i)^(\.git.*|git~[0-9]+)$"
# Windows drops dots and spaces at the end of a name, and takes `:` for the beginning of something else.
_GIT_FOLDER = r"(?i)^(\.git|git~[0-9]+)[ .]*([:\\].*)?$"


def name_digest(true_name: str) -> str:
    """Return 8 hex digits that tell apart names that clean to the same text."""
    from hashlib import sha256  # loads OpenSSL, which a command that only reads does without

    canonical = unicodedata.normalize("NFC", true_name)
    return sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:8]


@lru_cache(maxsize=256)  # the versions of a function come together
def clean_part(true_name: str) -> str:
    """Return the name as a file-system-safe text of at most 200 bytes; never empty, ``.`` or ``.git``."""
    visible = "".join(
        "_" if unicodedata.category(letter) in _INVISIBLE else letter
        for letter in unicodedata.normalize("NFC", true_name)
    )
    cleaned = re.sub(_REPLACED, "_", visible).lstrip("_").rstrip("_. ")
    if not cleaned or set(cleaned) == {"."}:
        cleaned = "unnamed"
    if re.match(_GIT_NAMES, cleaned) or re.match(_WINDOWS_DEVICES, cleaned) or cleaned.startswith(("-", ".")):
        cleaned = f"x{cleaned}"
    return shorten(cleaned, MOST_BYTES, name_digest(true_name))


def is_git_folder(part: str) -> bool:
    """Tell whether a part of a path is git's own folder, on this file system or on another one that git heeds."""
    if not part.isascii():  # macOS does not see these letters
        part = "".join(letter for letter in part if unicodedata.category(letter) != "Cf")
    return re.match(_GIT_FOLDER, part, re.DOTALL) is not None


def shorten(text: str, most_bytes: int, digest: str) -> str:
    """Cut the text to a number of UTF-8 bytes, ending in the digest where anything was cut."""
    if len(text.encode()) <= most_bytes:
        return text
    return f"{_cut(text, most_bytes - len(digest) - 1)}-{digest}"


def folder_part(true_name: str, others: Container[str] = ()) -> str:
    """Return the folder of a name, with its digest added where the plain one would not be its own.

    Args:
        true_name: the name as its author wrote it.
        others: folders that other names already have, each as `without_case` gives it.
    """
    cleaned = clean_part(true_name)
    if cleaned == true_name and without_case(cleaned) not in others:
        return cleaned
    stem = _cut(cleaned.removesuffix(f"-{name_digest(true_name)}"), MOST_BYTES - 9)
    # Eight hex digits can be made to agree on purpose; then the next ones tell the names apart.
    parts = (f"{stem}-{name_digest(true_name + chr(0) * attempt)}" for attempt in count())
    return next(part for part in parts if without_case(part) not in others)


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore").rstrip(". ")


def without_case(part: str) -> str:
    """Return what file systems that ignore case and composition take for the same name."""
    return unicodedata.normalize("NFD", part.casefold())
