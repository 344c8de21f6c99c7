"""From what a model wrote to the function that it proposes: the JSON in a text, found and checked."""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_FENCED = re.compile(r"```[A-Za-z]*[ \t]*\n(.*?)```", re.DOTALL)
_MOST_STARTS = 200  # braces at which an object is looked for
_LONGEST_REPLY = 1024 * 1024
_LONGEST_NAME = 100
_LONGEST_SUMMARY = 2_000


class UnusableReply(ValueError):
    """A reply that holds no function; the text tells the model why."""


@dataclass(frozen=True)
class Candidate:
    """A function as a model proposes it; its code and search space are not checked yet.

    Attributes:
        summary: what it is and why, in the model's words.
        bo_config: the search space, in the record's format.
        bare: whether the reply was the JSON alone.
    """

    model_name: str
    training_code: str
    bo_config: dict[str, Any]
    confidence: float
    summary: str
    bare: bool


def read_reply(text: str) -> Candidate:
    """Return the function that a reply proposes.

    Raises:
        UnusableReply: it holds no JSON object, or one that lacks something.
    """
    content, bare = find_object(text)
    name, code = _text(content, "model_name").strip(), _text(content, "training_code")
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UnusableReply(f"model_name must be one line of 1 to {_LONGEST_NAME} letters.")
    confidence = content.get("confidence")
    if isinstance(confidence, bool) or not isinstance(confidence, int | float) or not 0 <= confidence <= 1:
        raise UnusableReply("confidence must be a number between 0 and 1.")
    summary = content.get("summary")
    return Candidate(
        name,
        _without_fence(code),
        _search_space(content),
        float(confidence),
        summary[:_LONGEST_SUMMARY] if isinstance(summary, str) else "",
        bare,
    )


def find_object(text: str) -> tuple[dict[str, Any], bool]:
    """Return the JSON object in a text, and whether the text is nothing else.

    It may stand in a fence, or among words and thoughts; of several, the last one with code counts.

    Raises:
        UnusableReply: there is none, or the text is too long.
    """
    if len(text) > _LONGEST_REPLY:
        raise UnusableReply(f"The reply has {len(text)} letters; at most {_LONGEST_REPLY} are read.")
    whole = _decode(text.strip())
    if isinstance(whole, dict):
        return whole, True
    found = [one for one in _objects(text) if isinstance(one, dict)]
    with_code = [one for one in found if "training_code" in one]
    if not with_code:
        why = "is cut short or is not valid JSON" if "training_code" in text else "holds no JSON object"
        raise UnusableReply(f"The reply {why}. Reply with the one JSON object and nothing else.")
    return with_code[-1], False


def _objects(text: str) -> Iterator[Any]:
    for fenced in _FENCED.findall(text):
        yield _decode(fenced.strip())
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    start = -1
    for _ in range(_MOST_STARTS):
        start = text.find("{", start + 1)
        if start < 0:
            return
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield found
        start = end - 1


def _decode(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _text(content: dict[str, Any], key: str) -> str:
    value = content.get(key)
    if not isinstance(value, str) or not value.strip():
        raise UnusableReply(f"The reply has no {key}, which is a text.")
    return value


def _without_fence(code: str) -> str:
    """Return code without the fence that some models put around it even inside JSON."""
    fenced = _FENCED.fullmatch(code.strip())
    return fenced[1] if fenced else code


def _search_space(content: dict[str, Any]) -> dict[str, Any]:
    """Return the search space as a ``bo_config``, from the list of the schema or from such an object itself."""
    space = content.get("search_space", content.get("bo_config"))
    if isinstance(space, dict):
        named = space
    elif isinstance(space, list) and all(
        isinstance(entry, dict) and isinstance(entry.get("name"), str) for entry in space
    ):
        named = {entry["name"]: {key: entry[key] for key in entry if key != "name"} for entry in space}
        if len(named) != len(space):
            raise UnusableReply("Two entries of search_space have the same name.")
    else:
        raise UnusableReply("search_space must be a list of entries, each with its name.")
    return {name: _entry(entry) for name, entry in named.items()}


def _entry(entry: Any) -> Any:
    """Return an entry without what does not apply; whole numbers of an Integer as such."""
    if not isinstance(entry, dict):
        return entry
    given = {key: value for key, value in entry.items() if value is not None}
    if given.get("type") == "Categorical":
        return {key: given[key] for key in given if key not in ("low", "high", "prior")}
    given.pop("categories", None)
    if given.get("type") != "Integer":
        return given
    return {
        key: int(value) if isinstance(value, float) and math.isfinite(value) and value.is_integer() else value
        for key, value in given.items()
    }
