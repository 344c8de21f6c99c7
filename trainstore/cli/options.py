"""The options that several commands share."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])

_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?) ?(?:([kmgt]?)(i?)b|([kmgt]))?", re.IGNORECASE)

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


def dates_option(command: Function) -> Function:
    """Add ``--dates``."""
    return click.option("--dates", is_flag=True, help="Show times as dates in UTC instead of ages.")(command)


def _size(text: str) -> int:
    """Read bytes, given with or without a unit."""
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise click.BadParameter(f"{text!r} is not a size, like 8GiB or 500MB.")
    amount, prefix, binary, alone = found.groups()
    base = 1000 if prefix and not binary else 1024
    return int(float(amount) * base ** " kmgt".index((prefix or alone or " ").lower()))


def limit_options(command: Function) -> Function:
    """Add the limits of a training, each given to the command by its name in run.json."""
    options = [
        click.option(
            "--max-memory", "memory_bytes", type=_size, metavar="SIZE",
            help="Of all its processes together [default: 90 % of the machine's].",
        ),
        click.option(
            "--max-disk", "disk_bytes", type=_size, metavar="SIZE",
            help="Of all its files together [default: half of what is free, at most 64GiB].",
        ),
        click.option(
            "--max-processes", "processes", type=click.IntRange(min=1), metavar="N",
            help="Processes and threads together [default: 256, or 32 for each processor].",
        ),
        click.option(
            "--max-open-files", "open_files", type=click.IntRange(min=1), metavar="N",
            help="Of each process [default: 4096].",
        ),
        click.option(
            "--cpu-timeout", "cpu_seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
            help="Limit of processor time, of all its processes together [default: none].",
        ),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def sandbox_option(command: Function) -> Function:
    """Add ``--allow-weak-sandbox``."""
    return click.option(
        "--allow-weak-sandbox", is_flag=True,
        help="Run it even where this machine cannot keep it from your files and your network.",
    )(command)  # fmt: skip


def device_option(
    default: str | None, help_text: str = "auto, cpu, cuda, cuda:N or mps."
) -> Callable[[Function], Function]:
    """Add ``--device``; what is no name of a device is refused before anything begins."""
    return click.option(
        "--device", default=default, show_default=default is not None, metavar="DEVICE", help=help_text,
        callback=_check_device,
    )  # fmt: skip


def _check_device(_: click.Context, __: click.Parameter, device: str | None) -> str | None:
    if device is not None:
        from trainstore.execution.request import check_device_name

        check_device_name(device)
    return device


def env_option(command: Function) -> Function:
    """Add ``--env``."""
    return click.option(
        "--env", type=click.Choice(["installed", "recorded"]), default="installed", show_default=True,
        help="Packages: those installed here, or in the versions that an earlier run recorded.",
    )(command)  # fmt: skip


def remote_options(command: Function) -> Function:
    """Add ``--git-remote`` and ``--dvc-remote``."""
    dvc_remote = click.option(
        "--dvc-remote", metavar="NAME", help="DVC's remote [default: dvc remote default, or the only one]."
    )
    remote = click.option(
        "--git-remote", "remote", metavar="NAME",
        help="git's remote [default: the one that the branch follows, or origin].",
    )  # fmt: skip
    return remote(dvc_remote(command))


def split_seed_option(command: Function) -> Function:
    """Add ``--split-seed``."""
    return click.option(
        "--split-seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, metavar="N",
        help="Seed of the data's division.",
    )(command)  # fmt: skip


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
