"""JSON from untrusted code: bounded before it is parsed, and nothing in it that readers may take in two ways."""

import json
from typing import Any

_SEPARATORS = (b",", b"[", b"{")


def parse_strictly(text: bytes, most_values: int) -> Any:
    """Parse at most so many values, as each takes many times the memory of its text.

    Raises:
        ValueError: it is not JSON in UTF-8, has more values, is nested too deep, names something twice, or
            holds NaN or an infinity.
    """
    if sum(map(text.count, _SEPARATORS)) > most_values:
        raise ValueError("it has more values than can be meant")
    try:
        return json.loads(
            text.decode(), parse_constant=_refuse_constant, object_pairs_hook=_without_repetitions
        )
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _without_repetitions(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("it names something twice")
    return found
