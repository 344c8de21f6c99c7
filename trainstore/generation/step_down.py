"""Which way to ask next, after a server rejected a request: servers of this protocol vary."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from trainstore.generation.protocol import Dialect, Level
from trainstore.generation.service_error import ServiceError

_BELOW: dict[Level, Level] = {"strict": "json", "json": "text"}
_NEVER_DROPPED = frozenset({"model", "input", "messages"})
_FORMATS = frozenset({"text", "response_format"})
_ABOUT_FORMAT = re.compile(
    r"json_schema|json_object|response_format|text\.format|grammar|schema", re.IGNORECASE
)
_ABOUT_ROOM = re.compile(r"context (length|window|size)|maximum context|too many tokens", re.IGNORECASE)
_NO_SUCH_PATH = (404, 405, 501)
_REJECTED = (400, 415, 422)


def step_down(dialect: Dialect, error: ServiceError, body: Mapping[str, Any]) -> Dialect | None:
    """Return the next dialect to try for a rejected request; None where there is none.

    Each step gives up one thing, so that a chain of them ends.
    """
    if error.status in _NO_SUCH_PATH:
        # Also where the model seems to be missing: some servers have one set of models for each path.
        return _to_chat(dialect)
    if error.status is not None and error.status < 300:
        return _to_chat(dialect)  # some servers say yes to every path, and mean no
    about_format = bool(_ABOUT_FORMAT.search(f"{error.param} {error.message}"))
    if error.status is not None and error.status >= 500:
        return _lower_level(dialect) if about_format else None
    if error.status not in _REJECTED or error.is_about_the_model:
        return None
    named = _named_parameter(error, body)
    if named in _FORMATS or (named is None and about_format):
        return _lower_level(dialect) or _to_chat(dialect)
    if named is not None:
        return replace(dialect, dropped=dialect.dropped | {named})
    room = dialect.room_parameter
    if room is not None and _ABOUT_ROOM.search(error.message):
        return replace(dialect, dropped=dialect.dropped | {room})
    return _lower_level(dialect) or _to_chat(dialect)


def _to_chat(dialect: Dialect) -> Dialect | None:
    return Dialect("chat", "strict", dialect.dropped) if dialect.api == "responses" else None


def _lower_level(dialect: Dialect) -> Dialect | None:
    below = _BELOW.get(dialect.level)
    return replace(dialect, level=below) if below else None


def _named_parameter(error: ServiceError, body: Mapping[str, Any]) -> str | None:
    """Return the parameter of the request that an error names, as a field or in its words."""
    first = re.split(r"[.\[]", error.param, maxsplit=1)[0]
    if first in body and first not in _NEVER_DROPPED:
        return first
    words = set(re.findall(r"[A-Za-z_]+", error.message))
    # Longest first: a message on max_completion_tokens may speak of max_tokens too.
    for name in sorted(body, key=len, reverse=True):
        if name not in _NEVER_DROPPED and name != "text" and name in words:
            return name
    return None
