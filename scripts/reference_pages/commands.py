"""The page of the commands, as click knows them."""

import inspect
import re
from collections.abc import Iterator

import click
from json_page import titles
from markdown import anchor, cell

from trainstore.cli.app import SECTIONS, app

_INTRODUCTION = """\
# Commands

Every command with its options, as `--help` shows them. [Commands](../commands.md) tells what they share: how versions, runs and data are
named. `scripts/reference` writes this page from the code.
"""


def commands_page() -> str:
    """Return the page: what there is, by section, then each command."""
    context = click.Context(app, info_name="trainstore")
    contents, chapters = [], []
    for section, names in SECTIONS.items():
        commands = list(_leaves(context, names))
        rows = [f"| [`{path(each)}`](#{anchor(path(each))}) | {cell(_line(each))} |" for each in commands]
        contents.append("\n".join([f"## {section}\n", "| command | |", "|---|---|", *rows]))
        chapters += [_chapter(each) for each in commands]
    return "\n\n".join([_INTRODUCTION.rstrip(), *contents, *chapters]) + "\n"


def path(context: click.Context) -> str:
    """Return a command's words, as they are typed."""
    return context.command_path


def _leaves(context: click.Context, names: "list[str] | dict[str, str]") -> Iterator[click.Context]:
    group = context.command
    assert isinstance(group, click.Group)
    for name in names:
        command = group.get_command(context, name)
        assert command is not None
        own = click.Context(command, info_name=name, parent=context)
        if isinstance(command, click.Group):
            yield from _leaves(own, command.list_commands(own))
        else:
            yield own


def _line(context: click.Context) -> str:
    return " ".join(_paragraphs(context.command)[0].split())


def _paragraphs(command: click.Command) -> list[str]:
    return re.split(r"\n\s*\n", inspect.cleandoc(command.help or ""))


def _chapter(context: click.Context) -> str:
    name = path(context)
    usage = context.command.get_usage(context).removeprefix("Usage: ")
    parts = [f"## {name}", f"```\n{' '.join(usage.split())}\n```"]
    for paragraph in _paragraphs(context.command):
        title, found, examples = paragraph.removeprefix("\b\n").partition("Examples:\n")
        if found and not title:
            parts.append(f"```\n{inspect.cleandoc(examples)}\n```")
        elif paragraph.startswith("\b"):
            parts.append(f"```\n{title}\n```")
        else:
            parts.append(" ".join(paragraph.split()).replace("<", "&lt;"))
    if any(isinstance(each, click.Option) for each in context.command.params):
        parts.append(_options(context))
    links = [
        f"[trainstore {command}](json.md#{anchor(title)})"
        for command, title in titles().items()
        if f"trainstore {command} ".startswith(f"{name} ")
    ]
    if links:
        parts.append(f"What `--json` prints: {', '.join(links)}")
    return "\n\n".join(parts)


def _options(context: click.Context) -> str:
    shown = [each for each in context.command.params if isinstance(each, click.Option)]
    records = [each.get_help_record(context) for each in shown]
    rows = [f"| `{_code(names)}` | {cell(_in_words(text))} |" for names, text in filter(None, records)]
    return "\n".join(["| option | |", "|---|---|", *rows])


def _in_words(text: str) -> str:
    """Return the help of an option with its range told as people would."""
    text = re.sub(r"\b(\d+)<=x<=(\d+)\b", r"\1 to \2", text)
    return re.sub(r"\bx>=(\d+)\b", r"at least \1", re.sub(r"\bx>(\d+)\b", r"above \1", text))


def _code(text: str) -> str:
    return text.replace("|", "\\|")
