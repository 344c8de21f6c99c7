"""Every command that README and docs show is run, and prints what they show."""

import re
import shlex
from pathlib import Path

import click
import pytest
from documentation.blocks import Command, commands_of
from documentation.conftest import Place
from documentation.pages import PAGES, Page
from documentation.shell import VISIT
from documentation.shown import learn, plain

from trainstore.cli.app import app

ROOT = Path(__file__).parents[2]
FILES = [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]
COMMANDS = {str(file.relative_to(ROOT)): found for file in FILES if (found := commands_of(file))}
INLINE = re.compile(r"`(trainstore [a-z{][^`\n]*)`")


def is_meant(key: str, command: Command) -> bool:
    """Whether a key of the table names a command, in full or by its beginning."""
    return command.text.startswith(key[:-1].rstrip()) if key.endswith("…") else command.text == key


def reason(table: dict[str, str], command: Command) -> str | None:
    """Return why a command is an exception, or None where it is none."""
    return next((why for key, why in table.items() if is_meant(key, command)), None)


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_every_command_of_a_page_does_what_the_page_shows(name: str, request: pytest.FixtureRequest) -> None:
    page = PAGES[name]
    place: Place = request.getfixturevalue(page.place)
    words = {**page.stand_ins, **place.words, "{root}": str(ROOT), "trainstore ui": f"python {VISIT}"}
    for command in COMMANDS[name]:
        if reason(page.not_run, command):
            continue
        text = command.text
        for word, stand_in in words.items():
            text = text.replace(word, stand_in)
        ended = place.shell.run(text)
        told = f"{name}:{command.line}: {text}\n"
        assert (ended.code != 0) == command.fails, f"{told}exit code {ended.code}\n{ended.output}"
        if command.shown is not None and not reason(page.not_compared, command):
            try:
                words |= learn(command.shown, plain(ended.output, place.shell.home))
            except AssertionError as wrong:
                raise AssertionError(f"{told}{wrong}") from None


def test_each_page_with_commands_is_in_the_table() -> None:
    assert set(PAGES) == set(COMMANDS)


@pytest.mark.parametrize("name", PAGES)
def test_each_exception_is_that_of_a_command(name: str) -> None:
    page: Page = PAGES[name]
    for key, why in (page.not_run | page.not_compared).items():
        assert why and any(is_meant(key, command) for command in COMMANDS[name]), key
    text = (ROOT / name).read_text()
    assert all(word in text for word in page.stand_ins)


def calls(file: Path) -> list[str]:
    """Return what a page calls of trainstore, in its blocks and in its sentences."""
    lines = [line for command in commands_of(file) for line in command.text.splitlines()]
    shown = [match[0] for line in lines for match in re.finditer(r"\btrainstore (?!\w+\.)[a-z].*", line)]
    return [*shown, *INLINE.findall(file.read_text())]


@pytest.mark.parametrize("name", PAGES)
def test_each_script_that_a_page_calls_is_there(name: str) -> None:
    for command in COMMANDS[name]:
        for script in re.findall(r"(?:^|[/ ])(scripts/\w+)", command.text):
            assert (ROOT / script).is_file(), command


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_each_command_and_option_that_a_page_names_is_there(file: Path) -> None:
    for call in calls(file):
        words = shlex.split(re.split(r"[;|&>)] |\)", call.replace("\\|", "|"))[0], comments=True)[1:]
        words += ["X"] * words[-1].startswith("--")  # a sentence may name an option alone
        command: click.Command | None = app
        while isinstance(command, click.Group) and words:
            command = command.get_command(click.Context(command), words.pop(0))
            assert command is not None, call
        assert command is not None
        command.make_parser(click.Context(command)).parse_args(words)
