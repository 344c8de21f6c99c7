"""Digests of a version's two parts: its code and its search space."""

import json
from collections.abc import Mapping
from typing import Any


def code_digest(code: str) -> str:
    """Return ``sha256:…`` of the code's UTF-8 bytes."""
    return _sha256(code.encode("utf-8", "surrogatepass"))


def space_digest(space: Mapping[str, Any]) -> str:
    """Return ``sha256:…`` of the search space, whatever the order of its keys."""
    canonical = json.dumps(space, sort_keys=True, separators=(",", ":"))
    return _sha256(canonical.encode())


def _sha256(data: bytes) -> str:
    import hashlib  # loads OpenSSL; who only reads records needs no digest

    return f"sha256:{hashlib.sha256(data).hexdigest()}"
