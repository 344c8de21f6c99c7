"""A version's record in words."""

from collections.abc import Mapping
from typing import Any


def maker_told(content: Mapping[str, Any]) -> str:
    """Return what wrote a record, such as ``AI Code Generator 1.0 gpt-5``; empty where it does not say."""
    metadata = content.get("metadata") or {}
    return " ".join(
        str(metadata[key])
        for key in ("generated_by", "version", "api_model")
        if metadata.get(key) not in (None, "", "none")
    )
