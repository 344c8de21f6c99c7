"""What docs/json.md says that commands print, to compare it with what they do print."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = (Path(__file__).parents[1] / "docs/json.md").read_text()


def documented() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the shapes, and what each command prints by its name."""
    blocks = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    titles = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    shapes, *contracts = map(json.loads, blocks)
    pages = {}
    for title, contract in zip(titles, contracts, strict=True):
        for name in title.split(", "):
            pages[name.removeprefix("trainstore ")] = contract
    return shapes, pages


SHAPES, PAGES = documented()


def check(found: Any, told: Any, where: str = "") -> None:
    """Compare keys, as deep as the page tells them."""
    told = SHAPES.get(told, told) if isinstance(told, str) else told
    if isinstance(told, dict):
        assert isinstance(found, dict), where
        assert not told or set(found) == set(told), where
        for key, value in told.items():
            check(found[key], value, f"{where}.{key}")
    elif isinstance(told, list):
        assert isinstance(found, list), where
        for one in found if told else ():
            check(one, told[0], f"{where}[]")


def strictly(text: str) -> Any:
    """Read JSON as other languages do: without NaN and infinities."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
