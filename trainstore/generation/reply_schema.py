"""The form of a reply, as the strict JSON schema that servers can hold a model to."""

from typing import Any

_SCALAR = {"anyOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    """Return an object as strict mode wants it: every property required, none beside them."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


# Strict mode knows no objects with free keys, so the search space is a list here; `bo_config` is made from it.
REPLY_SCHEMA: dict[str, Any] = _object(
    {
        "model_name": {"type": "string"},
        "summary": {"type": "string"},
        "training_code": {"type": "string"},
        "search_space": {
            "type": "array",
            "items": _object(
                {
                    "name": {"type": "string"},
                    "type": {"type": "string", "enum": ["Real", "Integer", "Categorical"]},
                    "default": _SCALAR,
                    "low": {"type": ["number", "null"]},
                    "high": {"type": ["number", "null"]},
                    "prior": {"type": ["string", "null"], "enum": ["uniform", "log-uniform", None]},
                    "categories": {"anyOf": [{"type": "array", "items": _SCALAR}, {"type": "null"}]},
                }
            ),
        },
        "confidence": {"type": "number"},
    }
)
