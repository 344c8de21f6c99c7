import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trainstore import errors
from trainstore.api import Store
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]
Make = Callable[..., Any]
State = Callable[[Repository], tuple[str, ...]]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, lr=0.1):\n    return {}\n"


def record(**fields: Any) -> str:
    return json.dumps({"model_name": "New", "training_code": CODE, "bo_config": {}, **fields})


def space(**dimension: Any) -> str:
    return record(bo_config={"lr": {"type": "Real", "default": 0.1, "low": 0.01, "high": 1.0, **dimension}})


FILES: dict[str, bytes | str] = {
    "broken.json": '{"model_name": "New", ',
    "list.json": "[]",
    "incomplete.json": '{"model_name": "New"}',
    "syntax.json": record(training_code="def train_model(:"),
    "nofunction.json": record(training_code="x = 1"),
    "signature.json": record(training_code="def train_model(model, data): pass"),
    "default.json": space(default=7.0),
    "range.json": space(low=1.0, high=0.0),
    "dimension.json": space(type="Float"),
    "nodefault.json": record(bo_config={"lr": {"type": "Real", "low": 0, "high": 1}}),
    "confidence.json": record(confidence=92),
    "latin.py": b"# caf\xe9\n" + CODE.encode(),
    "code.py": CODE,
    "text.txt": "hello",
    "nan.csv": "a,b,y\n1,nan,0\n1,2,1\n" * 20,
    "table.csv": "a,b,y\n1,3,0\n1,2,1\n" * 20,
    "ragged.jsonl": '{"x": [[1, 2]], "y": 0}\n{"x": [[1]], "y": 1}\n' * 10,
    "notjson.jsonl": "hello\n",
}

# What is typed, the documented error, and a word that its sentence must hold.
CASES: list[tuple[list[str], type[errors.TrainstoreError], str]] = [
    (["save", "broken.json"], errors.InvalidRecord, "JSON"),
    (["save", "list.json"], errors.InvalidRecord, "object"),
    (["save", "incomplete.json"], errors.InvalidRecord, "training_code"),
    (["save", "syntax.json"], errors.InvalidRecord, "line 1"),
    (["save", "nofunction.json"], errors.InvalidRecord, "train_model"),
    (["save", "signature.json"], errors.InvalidRecord, "model, data"),
    (["save", "default.json"], errors.InvalidRecord, "7.0"),
    (["save", "range.json"], errors.InvalidRecord, "lr"),
    (["save", "dimension.json"], errors.InvalidRecord, "Float"),
    (["save", "nodefault.json"], errors.InvalidRecord, "default"),
    (["save", "confidence.json"], errors.InvalidRecord, "92"),
    (["save", "latin.py", "--name", "New"], errors.InvalidRecord, "UTF-8"),
    (["save", "code.py"], errors.UsageError, "which function"),
    (["save", "nowhere.json"], errors.InvalidRecord, "nowhere.json"),
    (["save", "."], errors.InvalidRecord, "this is a folder"),
    (["save", "text.txt"], errors.InvalidRecord, "text.txt"),
    (["save", "broken.json", "list.json"], errors.InvalidRecord, "all 2 files"),
    (["save", "--all", "broken.json"], errors.UsageError, "--all"),
    (["save"], errors.UsageError, "--all"),
    (["import", "nowhere"], errors.UsageError, "nowhere"),
    (["import", ".git"], errors.UsageError, "Git"),
    (["show", "Nut"], errors.NotFound, "Nut"),
    (["show", "Net@9"], errors.NotFound, "9"),
    (["show", "Net~5"], errors.NotFound, "Net~5"),
    (["show", "Twice"], errors.NotFound, "2 functions"),
    (["history", "Nut"], errors.NotFound, "Nut"),
    (["diff", "Net", "Nut"], errors.NotFound, "Nut"),
    (["runs", "Nut"], errors.NotFound, "Nut"),
    (["logs", "20240101"], errors.NotFound, "20240101"),
    (["rerun", "20240101"], errors.NotFound, "20240101"),
    (["rollback", "Net", "Other@1"], errors.UsageError, "Other@1"),
    (["rollback", "Nut", "@1"], errors.NotFound, "Nut"),
    (["restore", "Net@9"], errors.NotFound, "9"),
    (["undo", "zzzz"], errors.NotFound, "zzzz"),
    (["pin", "Nut"], errors.NotFound, "Nut"),
    (["unpin", "Net@9"], errors.NotFound, "9"),
    (["run", "Nut", "--data", "sklearn:wine"], errors.NotFound, "Nut"),
    (["run", "Net", "--data", "sklearn:whine"], errors.InvalidData, "whine"),
    (["run", "Net", "--data", "nowhere"], errors.InvalidData, "no data set and no file 'nowhere'"),
    (["run", "Net", "--data", "nowhere.npz"], errors.InvalidData, "nowhere.npz"),
    (["run", "Net", "--data", "text.txt"], errors.InvalidData, ".txt"),
    (["run", "Net", "--data", "nan.csv", "--target", "y"], errors.InvalidData, "nan"),
    (["run", "Net", "--data", "table.csv"], errors.InvalidData, "target"),
    (["run", "Net", "--data", "table.csv", "--target", "z"], errors.InvalidData, "z"),
    (["run", "Net", "--data", "ragged.jsonl"], errors.InvalidData, "ragged.jsonl"),
    (["run", "Net", "--data", "notjson.jsonl"], errors.InvalidData, "notjson.jsonl"),
    (["run", "Net", "--data", "nan.npz"], errors.InvalidData, "nan"),
    (["run", "Net", "--data", "lengths.npz"], errors.InvalidData, "lengths.npz"),
    (["run", "Net", "--data", "objects.npz"], errors.InvalidData, "pickle"),
    (["run", "Net", "--data", "sklearn:wine", "--set", "momentum=1"], errors.UsageError, "momentum"),
    (["run", "Net", "--data", "sklearn:wine", "--set", "device=cpu"], errors.UsageError, "device"),
    (["run", "Net", "--data", "sklearn:wine", "--set", "lr=1e999"], errors.UsageError, "lr"),
    (["run", "Net", "--data", "sklearn:wine", "--device", "gpu"], errors.UsageError, "gpu"),
    (["run", "Net", "--data", "sklearn:wine", "--timeout", "nan"], errors.UsageError, "nan"),
    (["run", "Net", "--data", "sklearn:wine", "--timeout", "1e99"], errors.UsageError, "1e+99"),
    (["run", "Net", "--data", "sklearn:wine", "--max-memory", "0"], errors.UsageError, "memory_bytes"),
    (["run", "Net", "--data", "sklearn:wine", "--max-disk", "9999999999TB"], errors.UsageError, "disk_bytes"),
    (["run", "Net", "--data", "sklearn:wine", "--cpu-timeout", "nan"], errors.UsageError, "cpu_seconds"),
    (["run", "Net", "--data", "sklearn:wine", "--target", "y"], errors.UsageError, "--target"),
    (["generate", "--data", "nowhere.csv", "--target", "y"], errors.InvalidData, "nowhere.csv"),
    (["profile", "lengths.npz"], errors.InvalidData, "lengths.npz"),
    (["profile", ""], errors.InvalidData, ""),
    (["list", "--store", "/"], errors.StoreNotFound, "/"),
    (["list", "--store", "nowhere"], errors.StoreNotFound, "nowhere"),
    (["list", "--grep", "("], errors.UsageError, "("),
    (["init", "generated_training_functions/below"], errors.UsageError, "inside"),
]  # fmt: skip

USAGE: list[tuple[list[str], str]] = [
    (["shwo", "Net"], "Did you mean 'show'"),
    (["qqqq"], "no command 'qqqq'.\n"),
    (["log"], "no command 'log'. Did you mean 'history'?"),
    (["data", "lst"], "no command 'lst'. Did you mean 'list'?"),
    (["data", "log"], "no command 'log'.\n"),
    (["checkpoint", "fetch"], "no command 'fetch'"),
    (["show"], "Missing argument 'VERSION|RUN'"),
    (["show", "Net", "more"], "unexpected extra argument"),
    (["show", "--colour", "Net"], "No such option"),
    (["run", "Net"], "--data"),
    (["run", "Net", "--data", "sklearn:wine", "--set", "lr"], "'lr' is not NAME=VALUE"),
    (["run", "Net", "--data", "sklearn:wine", "--set", "=1"], "NAME=VALUE"),
    (["run", "Net", "--data", "sklearn:wine", "--seed", "-1"], "--seed"),
    (["run", "Net", "--data", "sklearn:wine", "--timeout", "0"], "--timeout"),
    (["run", "Net", "--data", "sklearn:wine", "--max-memory", "8 gigabytes"], "'8 gigabytes' is not a size"),
    (["run", "Net", "--data", "sklearn:wine", "--max-disk", "-1GB"], "'-1GB' is not a size"),
    (["run", "Net", "--data", "sklearn:wine", "--max-processes", "0"], "--max-processes"),
    (["run", "Net", "--data", "sklearn:wine", "--max-open-files", "many"], "--max-open-files"),
    (["run", "Net", "--data", "sklearn:wine", "--task", "guess"], "--task"),
    (["history", "--since", "yesterday"], "'yesterday'"),
    (["history", "--min-confidence", "7"], "--min-confidence"),
    (["history", "--action", "rolback"], "'rolback' is not one of 'init', 'save', "),
    (["list", "--limit", "0"], "--limit"),
    (["list", "--offset", "-3"], "--offset"),
    (["list", "--store", "broken.json"], "broken.json"),
    (["import", "broken.json"], "is a file"),
    (["completion", "tcsh"], "tcsh"),
    (["rollback", "Net"], "VERSION"),
]


@pytest.fixture(scope="module")
def shared(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """A store with functions and bad files, for tests that each prove to leave it as it is."""
    root = tmp_path_factory.mktemp("prepared") / "store"
    shutil.copytree(empty_store, root, symlinks=True)
    opened = Store.open(root)
    for name, data_type in (("Net", "numpy_array"), ("Other", "numpy_array"), ("Twice", "a"), ("Twice", "b")):
        opened.save({"model_name": name, "training_code": CODE, "data_profile": {"data_type": data_type}})
    for file, content in FILES.items():
        (root / file).write_bytes(content if isinstance(content, bytes) else content.encode())
    X, y = np.ones((40, 3), np.float32), np.arange(40) % 2
    np.savez(root / "nan.npz", X=np.where(X > 0, np.nan, X), y=y)
    np.savez(root / "lengths.npz", X=X, y=y[:-1])
    np.savez(root / "objects.npz", X=np.array([{}] * 40), y=y)
    return opened.repository


@pytest.fixture
def prepared(shared: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(shared.root)
    return shared


@pytest.mark.parametrize(
    ("arguments", "error", "word"),
    CASES,
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_ends_in_one_sentence_a_hint_and_its_exit_code(
    prepared: Repository,
    call: Call,
    state: State,
    arguments: list[str],
    error: type[errors.TrainstoreError],
    word: str,
) -> None:
    before = state(prepared)
    ended = call(*arguments)
    assert ended.code == error.exit_code, ended.err
    assert ended.out == ""
    told = [line for line in ended.err.split("\n") if line and not line.startswith(("· ", "Warning: "))]
    assert [line.partition(":")[0] for line in told] == ["Error", "Hint"], ended.err
    assert word.casefold() in told[0].casefold()
    assert re.search(r"[.!?]$", told[0]) and not re.search(r"[.!?]{2}$", told[0]), told[0]
    assert "Traceback" not in ended.err
    assert state(prepared) == before


@pytest.mark.parametrize(
    ("arguments", "word"), USAGE, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_command_that_is_typed_wrongly_shows_its_usage(
    prepared: Repository, call: Call, state: State, arguments: list[str], word: str
) -> None:
    before = state(prepared)
    ended = call(*arguments)
    assert ended.code == 2, ended.err
    assert ended.out == ""
    assert ended.err.startswith("Usage: trainstore")
    assert ended.err.count("Error: ") == 1 and word in ended.err
    assert "--help" in ended.err and "Traceback" not in ended.err
    assert state(prepared) == before


@pytest.mark.parametrize("command", ["list", "status", "history", "runs", "show", "undo", "save"])
def test_outside_of_a_store_the_next_step_is_told(
    tmp_path: Path, call: Call, monkeypatch: pytest.MonkeyPatch, git: Callable[..., str], command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = {"show": ["Net"], "save": ["--all"]}.get(command, [])
    for _ in range(2):  # without a git repository, and in one that holds no store
        ended = call(command, *arguments)
        assert (ended.code, ended.out) == (errors.StoreNotFound.exit_code, "")
        assert "Hint:  Make one here with: trainstore init" in ended.err
        git(tmp_path, "init", "--quiet")
    assert [file.name for file in tmp_path.iterdir()] == [".git"]


def test_some_bad_files_among_good_ones_are_told_by_name(in_store: Repository, call: Call) -> None:
    (in_store.root / "good.json").write_text(record())
    (in_store.root / "broken.json").write_text("{")
    ended = call("save", "good.json", "broken.json", "nowhere.json")
    assert ended.code == errors.PartlyDone.exit_code
    assert ended.out.startswith("Saved unknown/New@1")
    assert [line.partition(":")[0] for line in ended.err.strip().split("\n")] == [
        "Warning",
        "Warning",
        "Error",
        "Hint",
    ]
    assert "broken.json" in ended.err and "nowhere.json" in ended.err
    assert "2 of 3 files were rejected; the others are in." in ended.err


@pytest.mark.parametrize(
    "command",
    [
        "run Net --data nowhere.npz",
        "rerun 2024",
        "predict 2024 --data x.csv",
        "tune Net --data nowhere.npz --trials 2",
        "generate --data nowhere.npz",
    ],
)
def test_what_is_no_device_is_told_before_anything_begins(
    prepared: Repository, call: Call, command: str
) -> None:
    ended = call(*command.split(), "--device", "gpu")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("Error: 'gpu' is not the name of a device.\nHint:")


def test_data_that_is_not_there_leads_to_what_is(in_store: Repository, call: Call, tmp_path: Path) -> None:
    Store(in_store).save({"model_name": "Net", "training_code": CODE})
    np.savez(tmp_path / "x.npz", X=np.ones((40, 3), np.float32), y=np.arange(40) % 2)
    call("data", "add", "patients", tmp_path / "x.npz")

    def hint(data: str) -> str:
        ended = call("run", "Net", "--data", data)
        assert ended.code == errors.InvalidData.exit_code
        return str(ended.err).partition("Hint:  ")[2].strip()

    assert hint("wine") == "Did you mean sklearn:wine?"
    assert hint("patient") == "Did you mean patients?"
    assert hint("zzzz") == "See the data sets with: trainstore data list"


def test_what_is_near_is_named_once_by_its_whole_name(prepared: Repository, call: Call) -> None:
    hint = call("show", "Nett").err.partition("Hint:")[2]
    assert hint.count("/Net") == 1 and not re.search(r"[ ]Net\b", hint)


@pytest.mark.slow
def test_a_device_that_is_not_here_is_named(prepared: Repository, call: Call, state: State) -> None:
    before = state(prepared)
    ended = call("run", "Net", "--data", "sklearn:wine", "--device", "cuda:999")
    assert (ended.code, ended.out) == (errors.DeviceUnavailable.exit_code, "")
    assert "Error: Device 'cuda:999' is not here; this machine has" in ended.err
    assert "Hint:" in ended.err
    assert state(prepared) == before


def test_every_code_of_the_table_is_its_own() -> None:
    found = [error for error in vars(errors).values() if isinstance(error, type)]
    codes = [error.exit_code for error in found]
    assert len(codes) == len(set(codes))
    assert all(0 < code < 126 for code in codes)
