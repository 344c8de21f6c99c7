"""Files and functions stay small enough to be read at once."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "trainstore"
MOST_LINES = 250
MOST_LINES_OF_A_FUNCTION = 40

# The starters are what the package sells, each complete in one file.
FILES = sorted(file for file in PACKAGE.rglob("*.py") if "starters" not in file.parts)

LONGER_FILES = {
    "api.py": "one method a command, and nothing in them",
}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_file_and_its_functions_can_be_read_at_once(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    name = str(file.relative_to(PACKAGE))
    assert len(text.splitlines()) <= MOST_LINES or name in LONGER_FILES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= MOST_LINES_OF_A_FUNCTION, node.name


def test_every_exception_is_needed() -> None:
    for name in LONGER_FILES:
        assert len((PACKAGE / name).read_text().splitlines()) > MOST_LINES, name


def test_an_init_holds_one_docstring() -> None:
    for file in PACKAGE.rglob("__init__.py"):
        if file.parent == PACKAGE:
            continue
        assert [type(node) for node in ast.parse(file.read_text()).body] == [ast.Expr], file
