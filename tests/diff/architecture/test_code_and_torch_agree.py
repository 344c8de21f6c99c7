"""What is read from code, against the modules that torch makes of it."""

import sys
import types
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from described_model import described

from trainstore.diff.architecture.compare import compare_architectures
from trainstore.diff.architecture.from_code import read_architecture
from trainstore.diff.architecture.from_facts import recorded_architecture
from trainstore.diff.architecture.layer import FROM_CODE, RECORDED, Architecture
from trainstore.generation.starters_catalogue import all_starters
from trainstore.records.model_facts import ModelFacts

PAIRS = Path(__file__).parent / "pairs"
CORPUS = Path(__file__).parents[2] / "execution/devices/corpus"
STARTERS = {starter.model_name: starter.training_code for starter in all_starters()}
ROWS = 24
SEQUENCES, TABLE, IMAGES = (ROWS, 8, 6), (ROWS, 12), (ROWS, 1, 8, 8)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Let torch announce the successor of its quantisation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def profile(shape: tuple[int, ...]) -> dict[str, Any]:
    return {"shape": list(shape), "label_count": 4, "metadata": {"task": "classification"}}


def trained(
    code: str, shape: tuple[int, ...], named: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> ModelFacts:
    """Train with the code, and describe its model."""
    module = types.ModuleType("training_function")
    monkeypatch.setitem(sys.modules, "training_function", module)
    exec(compile(code, "training_function", "exec"), module.__dict__)
    torch.manual_seed(0)
    X, y = torch.randn(*shape), torch.arange(shape[0]) % 4
    model, _ = module.train_model(X, y, X, y, torch.device("cpu"), **named)
    return described(model, X[:2], module, folder)


CASES: list[Any] = [
    pytest.param(STARTERS["MLP"], TABLE, {}, id="mlp"),
    pytest.param(STARTERS["SimpleCNN"], IMAGES, {"channels": 8}, id="cnn"),
    pytest.param(STARTERS["BiLSTM_Attention"], SEQUENCES, {"hidden_size": 8}, id="lstm"),
    pytest.param(
        STARTERS["TransformerEncoder"], SEQUENCES, {"hidden_size": 8, "layers": 3}, id="transformer"
    ),
    *(
        pytest.param((PAIRS / name / f"{which}.py").read_text(), shape, named, id=f"{name}-{which}")
        for name, shape, which, named in [
            ("mlp_deeper", TABLE, "old", {}),
            ("mlp_deeper", TABLE, "new", {"num_layers": 2}),
            ("cnn_attention", IMAGES, "old", {}),
            ("cnn_attention", IMAGES, "new", {}),
            ("lstm_transformer", SEQUENCES, "old", {"hidden_size": 6, "num_layers": 2, "lr": 0.01}),
            ("lstm_transformer", SEQUENCES, "new", {"d_model": 8, "num_layers": 3, "lr": 0.01}),
            ("quantised", TABLE, "old", {}),
            ("unrelated", IMAGES, "old", {}),
        ]
    ),
]


@pytest.mark.parametrize(("code", "shape", "named"), CASES)
def test_code_and_a_run_tell_the_same(
    code: str,
    shape: tuple[int, ...],
    named: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named = {"epochs": 1, **named}
    facts = trained(code, shape, named, tmp_path, monkeypatch)
    read = read_architecture(code, named, profile(shape))
    recorded = recorded_architecture(facts, read)
    assert read.source == FROM_CODE
    assert recorded.source == RECORDED
    assert read.parameters == recorded.parameters == facts.parameters
    assert counts(read) == counts(recorded)
    diff = compare_architectures(read, recorded)
    assert diff.unchanged, (diff.added, diff.removed, diff.changed)


def counts(architecture: Architecture) -> dict[str, int | None]:
    assert architecture.model is not None
    return {layer.path: layer.parameters for layer in architecture.model.walk()}


def test_shapes_are_those_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = (PAIRS / "cnn_attention/new.py").read_text()
    facts = trained(code, IMAGES, {"epochs": 1}, tmp_path, monkeypatch)
    model = recorded_architecture(facts, read_architecture(code, {})).model
    assert model is not None
    shapes = {layer.path: layer.output_shape for layer in model.walk()}
    assert shapes["conv1"] == (2, 16, 8, 8)
    assert shapes["fc"] == (2, 4)
    assert {layer.source for layer in model.walk() if layer.functional} == {FROM_CODE}
    attention = next(layer for layer in model.walk() if layer.kind == "MultiheadAttention")
    assert attention.settings["num_heads"] == 4  # which a module does not tell of itself


def test_a_quantised_model_is_recorded_as_the_same_layers_quantised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = []
    for which in ("old", "new"):
        code = (PAIRS / f"quantised/{which}.py").read_text()
        (tmp_path / which).mkdir()
        facts = trained(code, TABLE, {"epochs": 1}, tmp_path / which, monkeypatch)
        sides.append(recorded_architecture(facts, read_architecture(code, {"epochs": 1}, profile(TABLE))))
    diff = compare_architectures(*sides)
    assert not diff.added
    assert not diff.removed
    assert [change.settings["quantised"] for change in diff.changed] == [(None, "dynamic")] * 3
    assert diff.old.parameters == diff.new.parameters


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.py")), ids=lambda path: path.stem)
def test_a_model_is_found_in_every_function_of_a_corpus(file: Path) -> None:
    architecture = read_architecture(file.read_text(), {}, profile(TABLE))
    assert architecture.model is not None
    assert [layer for layer in architecture.model.walk() if layer.parameters != 0]
    assert {"loss", "optimiser"} <= set(architecture.surroundings)
