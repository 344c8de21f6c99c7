"""Digests of a version's two parts: its code and its search space."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any


def code_digest(code: str) -> str:
    """Return ``sha256:…`` of the code's UTF-8 bytes."""
    return f"sha256:{sha256(code.encode('utf-8', 'surrogatepass')).hexdigest()}"


def space_digest(space: Mapping[str, Any]) -> str:
    """Return ``sha256:…`` of the search space, whatever the order of its keys."""
    canonical = json.dumps(space, sort_keys=True, separators=(",", ":"))
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"
