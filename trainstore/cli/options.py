"""The options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

FOLDER = click.Path(file_okay=False, path_type=Path)


def store_option(command: Function) -> Function:
    """Add ``--store``, which may also stand before the command."""
    return click.option(
        "--store",
        "folder",
        type=FOLDER,
        default=lambda: store_folder(click.get_current_context()),
        metavar="DIR",
        help="A folder of the store [default: here].",
    )(command)


def store_folder(ctx: click.Context) -> Path:
    """Return the folder that ``--store`` names, behind the command or before it; else the one at hand."""
    return ctx.params.get("folder") or ctx.find_root().params.get("store") or Path()


def json_option(command: Function) -> Function:
    """Add ``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else on stdout."
    )(command)


def data_options(command: Function) -> Function:
    """Add ``--target`` and ``--task``."""
    task = click.option(
        "--task",
        type=click.Choice(["classification", "regression"]),
        help="What to predict [default: floats are values, all else are classes].",
    )
    target = click.option("--target", metavar="COLUMN", help="The column of a .csv file to predict.")
    return target(task(command))


def page_options(command: Function) -> Function:
    """Add ``--limit`` and ``--offset``."""
    limit = click.option(
        "--limit", type=click.IntRange(min=1), metavar="N", help="At most N entries [default: all]."
    )
    offset = click.option(
        "--offset", type=click.IntRange(min=0), default=0, metavar="N", help="Leave out the first N."
    )
    return limit(offset(command))


def dates_option(command: Function) -> Function:
    """Add ``--dates``."""
    return click.option("--dates", is_flag=True, help="Show times as dates in UTC instead of ages.")(command)


def set_option(command: Function) -> Function:
    """Add ``--set name=value``, given to the command as the dict ``chosen``."""
    return click.option(
        "--set", "chosen", multiple=True, metavar="NAME=VALUE", callback=_parse_settings,
        help="A hyperparameter that differs from its default; may be repeated.",
    )(command)  # fmt: skip


def _parse_settings(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, Any]:
    chosen = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{value!r} is not NAME=VALUE.")
        chosen[name] = _parse_value(text)
    return chosen


def _parse_value(text: str) -> Any:
    """Read a value as JSON, as Python writes True, False and None, or else as text."""
    named = {"True": True, "False": False, "None": None}
    if text in named:
        return named[text]
    import json

    try:
        return json.loads(text, parse_constant=str)
    except ValueError:
        return text
