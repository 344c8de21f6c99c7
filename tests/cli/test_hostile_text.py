import os
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trainstore.api import Store
from trainstore.cli.app import sentence, tell_fault
from trainstore.store.git.repository import Repository
from trainstore.workflows.save import save_records

Call = Callable[..., Any]
Make = Callable[..., Any]
State = Callable[[Repository], tuple[str, ...]]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"

HOSTILE = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \u202etxet\u202c \r\x08 \x7f \u2066isolate\u2069"
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")


@pytest.fixture
def hostile(in_store: Repository, make_record: Make) -> Repository:
    """A store in which every text is hostile."""
    text = {"generated_by": HOSTILE, "api_model": HOSTILE, "version": HOSTILE}
    dimension = {"default": HOSTILE, "type": "Categorical", "categories": [HOSTILE, "b"]}
    records = [
        make_record(
            f"Net {HOSTILE}",
            f"{CODE}# {HOSTILE}{number}\n",
            1704067200 + number,
            metadata=text,
            bo_config={f"lr {HOSTILE}": dimension},
            data_profile={
                "data_type": "numpy_array",
                "shape": [HOSTILE],
                "label_count": HOSTILE,
                HOSTILE: number,
            },
        )
        for number in range(2)
    ]
    save_records(in_store, records)
    (in_store.root / f"bad {HOSTILE}.json").write_text(f'{{"model_name": "{HOSTILE}')
    (in_store.root / "generated_training_functions" / f"new {HOSTILE}.json").write_text("{}")
    return in_store


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"], ["list", "--grep", "return"], ["list", "--grep", "#"], ["status"], ["history"], ["show", "PATH"],
        ["diff", "PATH", "NAME~1"], ["diff", "NAME~1", "NAME"], ["runs"], ["verify"],
        ["rollback", "NAME", "@1"], ["restore", "PATH"], ["undo"], ["pin", "NAME", "--reason", HOSTILE], ["save", "--all"],
        ["show", HOSTILE], ["show", "NAME@9"], ["history", HOSTILE], ["rerun", HOSTILE], ["undo", HOSTILE],
        ["rollback", "NAME", HOSTILE], ["save", HOSTILE], ["save", f"bad {HOSTILE}.json"], ["import", "."],
        ["import", HOSTILE], ["init", HOSTILE], ["profile", HOSTILE], ["list", "--store", HOSTILE], [HOSTILE],
        ["show", f"--{HOSTILE}"], ["run", "NAME", "--data", HOSTILE], ["run", "NAME", "--data", "x", "--set", HOSTILE],
        ["run", "NAME", "--data", "x", "--set", f"{HOSTILE}=1"], ["run", "NAME", "--data", "sklearn:iris", "--device", HOSTILE],
        ["run", "NAME", "--data", "x", "--seed", HOSTILE], ["history", "--since", HOSTILE], ["show", "NAME", HOSTILE],
    ],
    ids=lambda arguments: ascii(" ".join(arguments).replace(HOSTILE, "HOSTILE")),
)  # fmt: skip
def test_no_escape_sequence_or_reordering_mark_reaches_the_terminal(
    hostile: Repository, call: Call, arguments: list[str]
) -> None:
    current = Store(hostile).functions()[0].current
    words = [word.replace("NAME", current.function).replace("PATH", current.path) for word in arguments]
    ended = call(*words)
    assert not UNSAFE.search(ended.out), ascii(ended.out)
    assert not UNSAFE.search(ended.err), ascii(ended.err)
    assert "Traceback" not in ended.err


def test_no_hostile_name_is_completed(
    hostile: Repository, make_record: Make, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_records(hostile, [make_record("Net"), make_record("Net\nplain,forged")])
    monkeypatch.setenv("_TRAINSTORE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "trainstore show N")
    monkeypatch.setenv("COMP_CWORD", "2")
    assert call().out == "plain,Net\n"


def test_code_for_a_file_is_printed_as_it_is(hostile: Repository, call: Call) -> None:
    path = Store(hostile).functions()[0].current.path
    assert call("show", path, "--code").out == CODE + f"# {HOSTILE}1\n"


@given(st.text())
def test_a_sentence_has_no_hostile_letter_and_one_end(text: str) -> None:
    told = sentence(text)
    assert not UNSAFE.search(told)
    assert told.endswith((".", "!", "?"))


# What begins like an option, a reference or a range of git's, or is no text at all.
NAMES = st.one_of(
    st.sampled_from(
        ["--output=x", "-x", "--", "-", ":path", ":/", ":(top)x", "@{-1}", "@", "@@", "~", "^", "HEAD", "HEAD~1", "main..x",
         "x\ny", "\0", "a\0b", "%", "_", "'", '"', "\\", "*", "?", "[", "//", "..", "../..", ".git", ".git/config", "", " ",
         "Net@", "Net~", "Net@-1", "Net~-1", "Net@99999999999999999999", "Net~99999999999999999999", "Net@1@1", "Net~1~1",
         "0" * 7, "f" * 40, "f" * 64, "x" * 10_000, "Net@" + "9" * 10_000, "é" * 5_000, "\ud800", "\udcff", "\x1b[31m",
         "refs/heads/main", "x.json", "/etc/passwd", "/dev/zero", "/dev/zero.json", "~root/x.json", "/" * 9_000 + ".json"]
    ),
    st.text(max_size=40),
    st.builds("Net{}{}".format, st.sampled_from("@~:^"), st.text(max_size=8)),
)  # fmt: skip
COMMANDS = ["show", "history", "diff", "rollback", "runs", "rerun", "restore", "undo", "logs", "pin", "unpin"]


@pytest.mark.parametrize("command", COMMANDS)
@settings(max_examples=12)
@example(name="--output=stolen")
@example(name="@{-1}")
@example(name=":path")
@example(name="\0")
@example(name="x" * 10_000)
@given(name=NAMES)
def test_any_name_is_found_or_not_and_nothing_else(
    shared: Repository, call: Call, state: State, command: str, name: str
) -> None:
    before = state(shared)
    words = {"diff": ["Net", name], "rollback": ["Net", name]}.get(command, [name])
    store = ["--store", str(shared.root)]
    for arguments in ([command, *store, *words], [command, *store, "--", *words]):
        ended = call(*arguments)
        found = ended.code == 0 and command in ("show", "history", "diff", "runs") and ended.out != ""
        told = ended.code in (2, 12) and ended.out == "" and "Error: " in ended.err
        helped = "Usage: " in ended.out
        assert found or told or helped or (ended.code, ended.out) == (0, ""), (ended, arguments)
        assert "Traceback" not in ended.err
    assert state(shared) == before


@pytest.fixture(scope="module")
def shared(empty_store: Any, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    import shutil

    root = tmp_path_factory.mktemp("fuzzed") / "store"
    shutil.copytree(empty_store, root, symlinks=True)
    Store.open(root).save({"model_name": "Net", "training_code": CODE})
    return Store.open(root).repository


@pytest.mark.parametrize("when", ["@0 +0000", "@99999999999 +0000", "@253402300800 +0000"])
def test_commits_of_any_time_are_shown(
    in_store: Repository, call: Call, git: Callable[..., str], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    message = "save x/y\n\nTrainstore-Action: save\nModel-Name: y\nData-Type: x\nVersion-Timestamp: 99999999999999999\n"
    monkeypatch.setenv("GIT_COMMITTER_DATE", when)
    git(in_store, "commit", "--quiet", "--allow-empty", "-m", message)
    for arguments in (["history"], ["history", "--json"], ["list"], ["status"]):
        ended = call(*arguments)
        assert ended.code == 0, ended.err
    assert os.environ["GIT_COMMITTER_DATE"] == when


def test_a_fault_of_trainstores_own_is_told_without_what_others_wrote(
    capsys: pytest.CaptureFixture[str],
) -> None:
    try:
        raise ValueError(HOSTILE)
    except ValueError as error:
        tell_fault(error)
    told = capsys.readouterr().err
    assert "ValueError: red" in told and "fault of trainstore's own" in told
    assert not UNSAFE.search(told)
