import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from trainstore.cli.app import COMMANDS, SECTIONS, app
from trainstore.cli.group import ELSEWHERE
from trainstore.cli.history_command import ACTIONS
from trainstore.errors import StoreNotFound
from trainstore.store.git.repository import Repository
from trainstore.store.index.messages import RUNNING_ACTIONS, SAVING_ACTIONS

Call = Callable[..., Any]

ROOT = Path(__file__).parents[2]
WITHOUT_STORE = {"init", "completion"}
WITHOUT_JSON = {"completion"}


def command_of(name: str) -> click.Command:
    """Return a command by its name, or by that of its group and its own."""
    command: click.Command | None = app
    for word in name.split(" "):
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    assert command is not None
    return command


def line_of(name: str) -> str:
    first, _, _ = (command_of(name).help or "").partition("\n\n")
    return " ".join(first.split())


def leaves() -> list[str]:
    """Return the commands that do something, those of groups among them."""
    found = []
    for name in COMMANDS:
        command = command_of(name)
        found += (
            [f"{name} {each}" for each in command.commands] if isinstance(command, click.Group) else [name]
        )
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_help_begins_with_the_line_in_the_table(name: str) -> None:
    assert line_of(name) == COMMANDS[name]


@pytest.mark.parametrize("name", leaves())
class TestEveryCommand:
    def test_it_has_examples_that_call_it(self, name: str) -> None:
        _, _, examples = (command_of(name).help or "").partition("Examples:\n")
        lines = [line.strip() for line in examples.strip().split("\n")]
        assert lines
        assert any(f"trainstore {name}" in line for line in lines), lines
        assert all("trainstore " in line for line in lines), lines

    def test_the_examples_use_options_that_there_are(self, name: str) -> None:
        command = command_of(name)
        known = {option for parameter in command.params for option in parameter.opts}
        examples = (command.help or "").partition("Examples:\n")[2]
        assert set(re.findall(r"(?<=\s)--[a-z-]+", examples)) <= known

    def test_each_option_says_what_it_does(self, name: str) -> None:
        for parameter in command_of(name).params:
            assert isinstance(parameter, click.Argument) or parameter.help, parameter.name  # type: ignore[attr-defined]

    def test_it_takes_a_store_and_prints_json(self, name: str) -> None:
        options = {option for parameter in command_of(name).params for option in parameter.opts}
        assert ("--store" in options) == (name not in WITHOUT_STORE)
        assert ("--json" in options) == (name not in WITHOUT_JSON)


@pytest.mark.parametrize("group", [name for name in COMMANDS if isinstance(command_of(name), click.Group)])
def test_the_help_of_a_group_has_whole_lines(group: str, call: Call) -> None:
    told = " ".join(call(group, "--help").out.split())
    for name in (name for name in leaves() if name.startswith(f"{group} ")):
        assert line_of(name) in told


def test_what_others_call_a_command_leads_to_one_that_there_is() -> None:
    for there, here in ELSEWHERE.items():
        assert there not in COMMANDS
        name, _, option = here.partition(" --")
        assert not option or f"--{option}" in {each for one in command_of(name).params for each in one.opts}


def test_history_can_be_narrowed_to_every_action() -> None:
    messages = (ROOT / "trainstore/store/messages.py").read_text(encoding="utf-8")
    written = set(re.findall(r'\("Trainstore-Action", "([a-z]+)"\)', messages))
    assert len(written) > 5
    assert written | SAVING_ACTIONS | RUNNING_ACTIONS <= set(ACTIONS) <= {*COMMANDS, "data"}


def test_an_option_means_the_same_wherever_it_is() -> None:
    flags: dict[str, set[bool]] = {}
    for name in leaves():
        for option in (each for each in command_of(name).params if isinstance(each, click.Option)):
            for word in option.opts:
                flags.setdefault(word, set()).add(option.is_flag)
    assert [word for word, kinds in flags.items() if len(kinds) > 1] == []


def test_each_command_stands_in_one_section() -> None:
    names = [name for commands in SECTIONS.values() for name in commands]
    assert len(names) == len(set(names)) == len(COMMANDS)


def test_each_command_has_a_file_and_each_file_a_command() -> None:
    files = {file.stem.removesuffix("_command") for file in (ROOT / "trainstore/cli").glob("*_command.py")}
    assert files == set(COMMANDS)


def test_the_store_may_be_named_before_the_command(
    in_store: Repository, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before, behind = call("--store", in_store.root, "status"), call("status", "--store", in_store.root)
    assert (before.code, before.out) == (0, behind.out)
    assert call("--store", in_store.root, "status", "--store", tmp_path).code == StoreNotFound.exit_code


@pytest.mark.parametrize("name", sorted(WITHOUT_STORE))
def test_a_store_for_a_command_that_takes_none_is_refused(name: str, call: Call, tmp_path: Path) -> None:
    ended = call("--store", tmp_path, name, "bash")
    assert (ended.code, ended.out) == (2, "") and f"{name} takes no --store" in ended.err
