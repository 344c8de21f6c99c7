"""The schema of the JSON, for programs that check what they read."""

import json
from typing import Any

from docstrings import as_json_says, summary_of
from json_types import ANY, Choice, Either, Many, Object, Scalar, Shape, keys_of, name_of, read

from trainstore.documents.catalogue import COMMANDS, ERROR, PAGES


def json_schema() -> str:
    """Return the schema of an object that has what each command prints by the command, and what each page gives by its path."""
    definitions: dict[str, Any] = {}
    documents = {**COMMANDS, **PAGES, "error": ERROR}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "description": "What each command of trainstore prints with --json, by the command; what each page gives, by its path.",
        "type": "object",
        "properties": {name: _schema(read(kind), definitions) for name, kind in documents.items()},
        "$defs": definitions,
    }
    return (
        json.dumps({**schema, "$defs": dict(sorted(definitions.items()))}, indent=1, ensure_ascii=False)
        + "\n"
    )


def _schema(shape: Shape, definitions: dict[str, Any]) -> dict[str, Any]:
    if isinstance(shape, Scalar):
        return {"type": shape.name} if shape != ANY else {}
    if isinstance(shape, Choice):
        return {"enum": list(shape.values)}
    if isinstance(shape, Many):
        inner = _schema(shape.of, definitions)
        if shape.named:
            return {"type": "object", "additionalProperties": inner}
        return {"type": "array", "items": inner}
    if isinstance(shape, Either):
        return {"anyOf": [_schema(each, definitions) for each in shape.shapes]}
    if shape.filled:
        return _object(shape, definitions)
    name = name_of(shape.kind)
    if name not in definitions:
        definitions[name] = {}  # it may hold itself
        definitions[name] |= _object(shape, definitions)
    return {"$ref": f"#/$defs/{name}"}


def _object(found: Object, definitions: dict[str, Any]) -> dict[str, Any]:
    keys = keys_of(found)
    return {
        "type": "object",
        "description": as_json_says(summary_of(found.kind)),
        "properties": {
            key.name: {**_schema(key.shape, definitions), "description": key.meaning} for key in keys
        },
        "required": [key.name for key in keys if not key.optional],
    }
