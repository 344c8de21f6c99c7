"""The usage that people know from `_models`: generate, then save."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from model_server import ModelServer

from trainstore.ai_code_generator import AICodeGenerator, ai_code_generator
from trainstore.api import Store
from trainstore.errors import GenerationFailed, InvalidData, InvalidRecord, StoreNotFound
from trainstore.generation.starters_catalogue import all_starters
from trainstore.records.training_code import read_signature
from trainstore.store.git.repository import Repository
from trainstore.training_function_executor import training_executor

Git = Callable[..., str]
SECRET = "sk-test-0123456789abcdef"
TABLE = {"data_type": "numpy_array", "shape": [100, 7], "is_tabular": True, "label_count": 3}
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"


@pytest.fixture
def here(store: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(store.root)
    return store


def test_what_is_generated_is_saved_and_told(
    here: Repository, git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    code_rec = ai_code_generator.generate_training_function(TABLE)
    filepath = ai_code_generator.save_training_function(code_rec, TABLE)
    assert capsys.readouterr().out == f"💾 SAVED TRAINING FUNCTION: {Path(filepath).name}\n"
    assert Path(filepath).is_file()
    assert Path(filepath).name.startswith("training_function_numpy_array_MLP_")
    assert git(here, "status", "--porcelain") == ""
    loaded = training_executor.load_training_function(filepath)
    assert loaded["training_code"] == code_rec["training_code"]
    assert loaded["data_profile"]["label_count"] == 3
    assert {
        "model_name",
        "training_code",
        "bo_config",
        "confidence",
        "data_profile",
        "timestamp",
        "metadata",
    } <= set(loaded)


@pytest.mark.parametrize(
    ("profile", "arguments", "name"),
    [
        (TABLE, {}, "MLP"),
        ({}, {"input_shape": (7,), "num_classes": 3}, "MLP"),
        ({}, {"input_shape": [7], "num_classes": 0}, "MLP"),
        ({}, {"input_shape": (1, 8, 8), "num_classes": 10}, "SimpleCNN"),
        ({"data_type": "sequence_list", "shape": [50, None, 3], "label_count": 4}, {}, None),
    ],
)
def test_the_starter_that_fits_answers(
    profile: dict[str, Any], arguments: dict[str, Any], name: str | None
) -> None:
    record = ai_code_generator.generate_training_function(profile, **arguments)
    assert name is None or record["model_name"] == name
    assert read_signature(record["training_code"]).names
    assert record["metadata"]["generated_by"]


class DataProfile:
    """A profile as an object, with the types that numpy and torch give."""

    def __init__(self) -> None:
        self.data_type = "numpy_array"
        self.shape = torch.Size((100, 7))
        self.dtype = np.dtype("float32")
        self.label_count: Any = np.int64(3)
        self.is_image = None


def test_a_profile_may_be_an_object(here: Repository) -> None:
    record = ai_code_generator.generate_training_function(DataProfile())
    told = record["data_profile"]
    assert (told["shape"], told["dtype"], told["label_count"], told["is_image"]) == (
        [100, 7],
        "float32",
        3,
        False,
    )
    filepath = ai_code_generator.save_training_function(record, DataProfile())
    assert json.loads(Path(filepath).read_text())["data_profile"]["shape"] == [100, 7]


def test_what_a_profile_leaves_open_the_arguments_say() -> None:
    profile = {**TABLE, "shape": None, "label_count": None, "channels": None, "metadata": None}
    told = ai_code_generator.generate_training_function(profile, (7,), 4)["data_profile"]
    assert (told["shape"], told["label_count"], told["metadata"]) == (
        [None, 7],
        4,
        {"task": "classification"},
    )
    assert told["channels"] is None


def test_data_that_no_starter_fits_is_told() -> None:
    with pytest.raises(InvalidData):
        ai_code_generator.generate_training_function(
            {"data_type": "numpy_array", "shape": [1, 2, 3, 4, 5, 6]}
        )


def test_the_profile_given_is_that_of_the_record(here: Repository) -> None:
    own = {"model_name": "Net", "training_code": CODE, "data_profile": {"data_type": "torch_tensor"}}
    filepath = ai_code_generator.save_training_function(own, TABLE)
    assert json.loads(Path(filepath).read_text())["data_profile"] == TABLE
    filepath = ai_code_generator.save_training_function({**own, "model_name": "Own"})
    assert json.loads(Path(filepath).read_text())["data_profile"] == {"data_type": "torch_tensor"}


def test_a_record_of_its_own_gets_what_it_lacks(here: Repository) -> None:
    filepath = ai_code_generator.save_training_function({"model_name": "Net", "training_code": CODE}, TABLE)
    content = json.loads(Path(filepath).read_text())
    assert content["timestamp"] == Store(here).version("Net").timestamp
    assert set(content) == {
        "model_name", "training_code", "bo_config", "confidence", "data_profile", "timestamp", "metadata"
    }  # fmt: skip


def test_what_was_loaded_and_changed_can_be_saved_without_its_path(here: Repository) -> None:
    ai_code_generator.save_training_function({"model_name": "Net", "training_code": CODE}, TABLE)
    loaded = training_executor.load_training_function("Net")
    filepath = ai_code_generator.save_training_function({**loaded, "training_code": CODE + "# better\n"})
    assert "filepath" not in json.loads(Path(filepath).read_text())
    assert str(Store(here).version("Net")) == "numpy_array/Net@2"


def test_saving_what_is_current_makes_no_commit(here: Repository, git: Git) -> None:
    code_rec = ai_code_generator.generate_training_function(TABLE)
    filepath = ai_code_generator.save_training_function(code_rec, TABLE)
    head = git(here, "rev-parse", "HEAD")
    assert ai_code_generator.save_training_function(code_rec, TABLE) == filepath
    assert git(here, "rev-parse", "HEAD") == head


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"model_name": "Net"},
        {"model_name": "Net", "training_code": "def train_model(:"},
        {"model_name": "Net", "training_code": "x = 1"},
        {"model_name": "Net", "training_code": CODE, "bo_config": {"lr": {"type": "Float", "default": 1}}},
        {"model_name": "Net", "training_code": CODE, "confidence": 92},
        {"model_name": "Net", "training_code": CODE, "extra": float("nan")},
        {"model_name": "Net", "training_code": CODE, "extra": object()},
    ],
    ids=lambda record: " ".join(record) or "nothing",
)
def test_a_record_that_is_wrong_is_refused(
    here: Repository, git: Git, capsys: pytest.CaptureFixture[str], record: dict[str, Any]
) -> None:
    head = git(here, "rev-parse", "HEAD")
    with pytest.raises(InvalidRecord):
        ai_code_generator.save_training_function(record, TABLE)
    assert git(here, "rev-parse", "HEAD") == head
    assert capsys.readouterr().out == ""


def test_a_folder_can_be_given_and_must_be_a_store(store: Repository, tmp_path: Path) -> None:
    filepath = AICodeGenerator(folder=store.root).save_training_function(
        {"model_name": "Net", "training_code": CODE}
    )
    assert Path(filepath).resolve().is_relative_to(store.root.resolve())
    with pytest.raises(StoreNotFound):
        AICodeGenerator(folder=tmp_path).save_training_function({"model_name": "Net", "training_code": CODE})


class TestByModel:
    """The same calls with a model service: checked, tried on values made up in the profile's form, and saved."""

    @pytest.fixture(autouse=True)
    def forgetful(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("trainstore.generation.ask._known_dialects", {})

    def test_a_model_answers_and_the_store_gives_it_back(
        self, here: Repository, model_server: ModelServer, git: Git, capsys: pytest.CaptureFixture[str]
    ) -> None:
        starter = all_starters()[0]
        space = {name: dict(entry) for name, entry in starter.bo_config.items()}
        reply = {
            "model_name": "Written", "summary": "", "training_code": starter.training_code, "bo_config": space,
            "confidence": 0.9,
        }  # fmt: skip
        model_server.queue("No JSON here.", json.dumps(reply))
        generator = AICodeGenerator(SECRET, model_server.url, "served-large", allow_weak_sandbox=True)
        code_rec = generator.generate_training_function(TABLE)
        assert code_rec["metadata"]["api_model"] == "served-large"
        assert code_rec["generation"]["repairs"] == 1
        assert '"shape": [100, 7]' in model_server.requests[0].text
        filepath = generator.save_training_function(code_rec)
        assert capsys.readouterr().out == f"💾 SAVED TRAINING FUNCTION: {Path(filepath).name}\n"
        head = git(here, "rev-parse", "HEAD")
        again = generator.generate_training_function(TABLE)
        assert again["training_code"] == starter.training_code
        assert generator.save_training_function(again) == filepath
        assert (git(here, "rev-parse", "HEAD"), len(model_server.requests)) == (head, 2)
        assert SECRET not in git(here, "log", "-p")

    def test_outside_of_a_store_it_fails_with_what_was_wrong(
        self, tmp_path: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OPENAI_BASE_URL", model_server.url)
        monkeypatch.chdir(tmp_path)
        model_server.queue(*["{}"] * 4)
        with pytest.raises(GenerationFailed, match="has no model_name"):
            ai_code_generator.generate_training_function({}, (7,), 3)
        assert len(model_server.requests) == 4
        assert list(tmp_path.iterdir()) == []

    def test_a_shape_that_is_not_known_is_told(self, model_server: ModelServer) -> None:
        with pytest.raises(InvalidData):
            AICodeGenerator(base_url=model_server.url).generate_training_function({})
        assert model_server.requests == []


def test_it_imports_nothing_heavy() -> None:
    code = "import sys, trainstore.ai_code_generator; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"openai", "torch", "numpy", "git", "dvc", "sklearn"} & set(found.stdout.split())
