"""What docs/reference/json.schema.json says of the JSON, to compare it with what is printed: to the key, where programs would let more pass."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "docs/reference/json.schema.json").read_text(encoding="utf-8")
)
DOCUMENTS = set(SCHEMA["properties"])


def _closed(schema: Any) -> Any:
    """Return a schema of which no object has a key that is not told."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if "required" in schema else closed


_DEFINITIONS = _closed(SCHEMA["$defs"])


def check(found: Any, name: str) -> None:
    """Check what a command printed, by the command without ``trainstore``; what a page gave, by its path."""
    validator = Draft202012Validator({"$defs": _DEFINITIONS, **SCHEMA["properties"][name]})
    problems = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(found)]
    assert not problems, "\n".join(problems)


def check_printed(found: Any, arguments: Sequence[object]) -> None:
    """Check what a command printed, by the words it was called with; an id that it printed tells what a name was of."""
    words = [str(word) for word in arguments]
    command = next(word for word in words if any(name.split()[0] == word for name in DOCUMENTS))
    fitting = [
        name
        for name in DOCUMENTS
        if name.split()[0] == command
        and all(part in words or f"{part.lower()}_id" in found for part in name.split()[1:])
    ]
    check(found, max(fitting, key=len))


def strictly(text: str) -> Any:
    """Read JSON as other languages do: without NaN and infinities."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
