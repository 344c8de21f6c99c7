import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import InvalidRecord, NotFound, TrainstoreError, UsageError
from trainstore.store.git.repository import Repository

CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"
Git = Callable[..., str]
Make = Callable[..., Any]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str, bytes | str], Path]:
    def write(name: str, content: bytes | str) -> Path:
        (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path / name

    return write


def content_of(store: Repository, name: str) -> dict[str, Any]:
    return dict(Store(store).record(Store(store).version(name)).content)


def test_code_of_a_known_function_keeps_its_search_space_and_profile(
    store: Repository, make_record: Make, written: Callable[..., Path]
) -> None:
    before = make_record(code=CODE).record.content
    Store(store).save(before)
    outcome = Store(store).save_files([written("better.py", CODE.replace("{}", "{1}"))], name="Net")
    (version,) = outcome.result.saved
    assert str(version) == "numpy_array/Net@2"
    after = content_of(store, "Net@2")
    assert (after["bo_config"], after["data_profile"]) == (before["bo_config"], before["data_profile"])
    assert after["training_code"] == CODE.replace("{}", "{1}")
    assert after["confidence"] is None
    assert after["metadata"] == {"generated_by": "hand", "api_model": None, "version": "1.0"}


@pytest.mark.parametrize("name", ["Fresh", "a/b", "Net@7", "-rf"])
def test_code_under_a_new_name_begins_a_function(
    store: Repository, written: Callable[..., Path], name: str
) -> None:
    (version,) = Store(store).save_files([written("new.py", CODE)], name=name).result.saved
    assert (version.function, version.ordinal) == (f"unknown/{name}", 1)


def test_code_of_a_function_whose_versions_all_left_goes_on_from_its_newest(
    store: Repository, make_record: Make, written: Callable[..., Path], git: Git
) -> None:
    Store(store).save(make_record(code=CODE).record.content)
    git(store, "rm", "-r", "--quiet", "generated_training_functions/numpy_array")
    git(store, "commit", "--quiet", "-m", "prune")
    (version,) = Store(store).save_files([written("next.py", CODE + "\n")], name="Net").result.saved
    assert str(version) == "numpy_array/Net@2"
    assert "lr" in content_of(store, "Net")["bo_config"]


def test_a_name_of_two_functions_is_refused(
    store: Repository, make_record: Make, written: Callable[..., Path]
) -> None:
    Store(store).save(make_record(code=CODE).record.content)
    Store(store).save(make_record(code=CODE, data_type="torch_tensor").record.content)
    (rejected,) = Store(store).save_files([written("x.py", CODE)], name="Net").rejected
    assert isinstance(rejected.error, NotFound) and "torch_tensor/Net" in rejected.error.hint
    (version,) = Store(store).save_files([written("x.py", CODE + "\n")], name="torch_tensor/Net").result.saved
    assert str(version) == "torch_tensor/Net@2"


def test_a_record_is_committed_byte_for_byte(
    store: Repository, make_record: Make, written: Callable[..., Path]
) -> None:
    file = b"\xef\xbb\xbf" + make_record(code=CODE).file + b"\r\n"
    (version,) = Store(store).save_files([written("x.json", file)]).result.saved
    assert (store.root / version.path).read_bytes() == file


@pytest.mark.parametrize(("name", "function"), [(None, "numpy_array/Net"), ("Fresh", "unknown/Fresh")])
def test_standard_input_is_a_record_or_with_a_name_code(
    store: Repository, make_record: Make, monkeypatch: pytest.MonkeyPatch, name: str | None, function: str
) -> None:
    given = make_record(code=CODE).file if name is None else CODE.encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(given)))
    (version,) = Store(store).save_files([Path("-")], name=name).result.saved
    assert version.function == function


@pytest.mark.parametrize(
    ("file", "content", "name", "error", "told"),
    [
        ("x.py", CODE, None, UsageError, "which function"),
        ("x.py", b"x = '\xff'", "Net", InvalidRecord, "UTF-8"),
        ("x.py", "def train_model(", "Net", InvalidRecord, "syntax error at line 1"),
        ("x.py", "def train(X): pass", "Net", InvalidRecord, "train_model"),
        ("x.py", "def train_model(X, y): pass", "Net", InvalidRecord, "train_model"),
        ("x.json", "{}", "Net", UsageError, "--name"),
        ("x.json", "{", None, InvalidRecord, "not JSON"),
        ("x.json", '{"model_name": "N"}', None, InvalidRecord, "training_code"),
        ("x.json", json.dumps({"model_name": "N", "training_code": "x = 1"}), None, InvalidRecord, "train_model"),
        (
            "x.json",
            json.dumps(
                {"model_name": "N", "training_code": CODE, "bo_config": {"lr": {"type": "Real", "default": 9, "low": 0, "high": 1}}}
            ),
            None, InvalidRecord, "lr",
        ),
        (
            "x.json",
            json.dumps({"model_name": "N", "training_code": CODE, "bo_config": {"lr": {"type": "Float", "default": 9}}}),
            None, InvalidRecord, "Float",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_rejected_with_its_reason(
    store: Repository,
    written: Callable[..., Path],
    git: Git,
    file: str,
    content: bytes | str,
    name: str | None,
    error: type[TrainstoreError],
    told: str,
) -> None:
    head = git(store, "rev-parse", "HEAD")
    outcome = Store(store).save_files([written(file, content)], name=name)
    (rejected,) = outcome.rejected
    assert rejected.file.endswith(file)
    assert type(rejected.error) is error
    assert told in rejected.error.message
    assert git(store, "rev-parse", "HEAD") == head


def test_the_good_go_in_beside_the_bad(
    store: Repository, make_record: Make, written: Callable[..., Path], tmp_path: Path
) -> None:
    files = [
        written("a.json", make_record("A", CODE).file),
        written("b.json", "{"),
        tmp_path / "nowhere.json",
        tmp_path,
        written("c.json", make_record("C", CODE).file),
    ]
    outcome = Store(store).save_files(files)
    assert [version.model_name for version in outcome.result.saved] == ["A", "C"]
    assert [one.file for one in outcome.rejected] == [str(file) for file in files[1:4]]
