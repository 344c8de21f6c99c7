import copy
import io
import math
import os
import sys
import threading
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from trainstore.execution.weights_file import WeightsHeader, read_weights_header
from trainstore.execution.worker.checkpoint import save_checkpoint
from trainstore.execution.worker.forward_pass import first_tensor
from trainstore.execution.worker.restored_model import restore_model

RoundTrip = Callable[[nn.Module], tuple[nn.Module, WeightsHeader, bytes]]


@pytest.fixture
def code(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """A module as the worker makes it of the training code, for classes that live nowhere else."""
    module = types.ModuleType("training_function")
    monkeypatch.setitem(sys.modules, "training_function", module)
    return module


@pytest.fixture
def round_trip(code: types.ModuleType, tmp_path: Path) -> RoundTrip:
    """Save a model and restore it, with the code's module gone in between."""

    def run(model: nn.Module) -> tuple[nn.Module, WeightsHeader, bytes]:
        files = [os.open(tmp_path / name, os.O_CREAT | os.O_RDWR, 0o600) for name in ("weights", "structure")]
        sys.modules["training_function"] = code
        save_checkpoint(model, code, *files)
        del sys.modules["training_function"]
        restored = restore_model(*files, torch.device("cpu")).module
        for file in files:
            os.close(file)
        weights = (tmp_path / "weights").read_bytes()
        return restored, read_weights_header(io.BytesIO(weights)), weights

    return run


def define(code: types.ModuleType, text: str) -> Any:
    exec("import math, torch\nfrom torch import nn\n" + text, vars(code))
    return code


def test_tied_weights_stay_tied_and_are_stored_once(round_trip: RoundTrip) -> None:
    model = nn.ModuleDict({"embed": nn.Embedding(5, 4), "head": nn.Linear(4, 5, bias=False)})
    model["head"].weight = model["embed"].weight
    restored, header, _ = round_trip(model)
    assert restored["head"].weight is restored["embed"].weight
    assert header.aliases == {"head.weight": "embed.weight"}
    assert list(header.tensors) == ["embed.weight"]


def test_two_parameters_on_the_same_memory_share_it_again(round_trip: RoundTrip) -> None:
    model = nn.ModuleList([nn.Linear(2, 2, bias=False), nn.Linear(2, 2, bias=False)])
    model[1].weight.data = model[0].weight.data
    restored, header, _ = round_trip(model)
    first, second = restored.parameters()
    with torch.no_grad():
        first.fill_(3)
    assert second.eq(3).all()
    assert header.aliases == {"1.weight": "0.weight"}


def test_views_of_one_buffer_are_stored_apart(round_trip: RoundTrip) -> None:
    flat = torch.arange(8.0)
    model = nn.Module()
    model.register_buffer("first", flat[:4])
    model.register_buffer("second", flat[4:])
    model.register_buffer("turned", flat.reshape(2, 4).T)
    model.register_buffer("whole", flat)
    model.register_buffer("expanded", torch.ones(1).expand(3))
    restored, header, _ = round_trip(model)
    for name, buffer in model.named_buffers():
        assert torch.equal(restored.get_buffer(name), buffer)
    assert {name: tensor.shape for name, tensor in header.tensors.items()}["turned"] == (4, 2)


def test_state_outside_the_state_dict_is_kept(round_trip: RoundTrip) -> None:
    model = nn.Linear(2, 2)
    shared = torch.tensor([1.0, 2.0])
    model.cache = {"a": shared, "b": shared, "empty": torch.zeros(0, 3)}
    model.register_buffer("hidden", torch.ones(2), persistent=False)
    model.frozen = nn.Parameter(torch.ones(1), requires_grad=False)
    model.leftover = model(torch.ones(1, 2))  # carries the graph it came from
    restored, header, _ = round_trip(model)
    cache: Any = restored.cache
    assert cache["a"] is cache["b"]
    assert torch.equal(cache["a"], shared)
    assert cache["empty"].shape == (0, 3)
    assert torch.equal(restored.get_buffer("hidden"), torch.ones(2))
    assert isinstance(restored.frozen, nn.Parameter)
    assert not restored.frozen.requires_grad
    assert restored.weight.requires_grad
    assert sum(name.startswith("_extra.") for name in header.tensors) == 4


def test_classes_and_functions_of_the_code_travel_with_the_model(
    code: types.ModuleType, round_trip: RoundTrip
) -> None:
    define(
        code,
        """
SCALE = 2.0

def scaled(x):
    return math.sqrt(SCALE) * x

class Base(nn.Module):
    def forward(self, x):
        return self.activation(scaled(self.linear(x)))

def build():
    class Local(Base):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(2, 2)
            self.activation = lambda x: x + SCALE
    return Local()
""",
    )
    model = code.build()
    x = torch.ones(3, 2)
    expected = model(x)
    restored, _, _ = round_trip(model)
    assert torch.equal(restored(x), expected)
    assert torch.equal(expected, math.sqrt(2.0) * model.linear(x) + 2.0)


def test_equal_weights_give_equal_bytes(round_trip: RoundTrip) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3), nn.GRU(3, 3, 2))
    model[2].weight = nn.Parameter(model[2].weight.clone())
    first = round_trip(copy.deepcopy(model))[2]
    assert round_trip(copy.deepcopy(model))[2] == first
    with torch.no_grad():
        model[0].bias[0] += 1e-6
    assert round_trip(model)[2] != first


@pytest.mark.parametrize(
    "dtype", [torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool]
)
def test_types_are_kept(round_trip: RoundTrip, dtype: torch.dtype) -> None:
    model = nn.Module()
    model.register_buffer("b", torch.tensor([[0, 1], [1, 1]]).to(dtype))
    restored, header, _ = round_trip(model)
    assert torch.equal(restored.get_buffer("b"), model.get_buffer("b"))
    assert header.tensors["b"].shape == (2, 2)


class Tagged(Tensor):
    """A subclass, which must stay one."""


def test_tensors_that_safetensors_cannot_hold_go_into_the_structure(round_trip: RoundTrip) -> None:
    model = nn.Linear(2, 2)
    sparse = torch.sparse_coo_tensor(
        torch.tensor([[0, 1]]), torch.tensor([1.0, 2.0]), (3,), check_invariants=True
    )
    model.register_buffer("complex", torch.tensor([1 + 2j]))
    model.others = [sparse, torch.ones(2).as_subclass(Tagged)]
    restored, header, _ = round_trip(model)
    others: Any = restored.others
    assert torch.equal(others[0].to_dense(), sparse.to_dense())
    assert type(others[1]) is Tagged
    assert torch.equal(restored.get_buffer("complex"), model.get_buffer("complex"))
    assert set(header.tensors) == {
        "weight",
        "bias",
        "_extra.0",
        "_extra.1",
    }  # indices and values of the sparse one


@pytest.mark.slow
def test_a_quantised_model_is_kept(round_trip: RoundTrip) -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch announces a successor
        quantised = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)
        x = torch.ones(2, 4)
        expected = quantised(x)
        restored, _, _ = round_trip(quantised)
        assert torch.equal(restored(x), expected)


@pytest.mark.slow
def test_a_compiled_model_is_saved_without_its_cover(round_trip: RoundTrip) -> None:
    model = nn.Linear(2, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        restored, header, _ = round_trip(torch.compile(model))
    assert type(restored) is nn.Linear
    assert set(header.tensors) == {"weight", "bias"}


def test_a_model_in_training_comes_back_for_evaluation(round_trip: RoundTrip) -> None:
    restored, _, _ = round_trip(nn.Sequential(nn.Dropout(0.5)).train())
    assert not restored.training
    assert not restored[0].training


def test_a_model_without_tensors(round_trip: RoundTrip) -> None:
    assert isinstance(round_trip(nn.Identity())[0], nn.Identity)


def test_a_state_dict_that_lies_does_no_harm(code: types.ModuleType, round_trip: RoundTrip) -> None:
    define(
        code,
        """
class Liar(nn.Linear):
    def state_dict(self, *args, **kwargs):
        return {"weight": "no tensor", 3: torch.ones(1)}
""",
    )
    restored, header, _ = round_trip(code.Liar(2, 2))
    assert set(header.tensors) == {"weight", "bias"}
    assert restored(torch.ones(1, 2)).shape == (1, 2)


def test_what_cannot_be_pickled_is_an_error(round_trip: RoundTrip) -> None:
    model = nn.Linear(1, 1)
    model.lock = threading.Lock()
    with pytest.raises(TypeError, match="lock"):
        round_trip(model)


@pytest.mark.parametrize(
    ("output", "index"),
    [
        (lambda a, b: a, 0),
        (lambda a, b: (None, b, a), 1),
        (lambda a, b: [a, b], 0),
        (lambda a, b: {"hidden": a, "logits": b}, 1),
        (lambda a, b: {"out": a, "output": b}, 1),
        (lambda a, b: {"loss": None, "hidden": b, "other": a}, 1),
    ],
)
def test_the_tensor_that_stands_for_an_answer(output: Callable[..., Any], index: int) -> None:
    tensors = torch.zeros(1), torch.ones(1)
    assert first_tensor(output(*tensors)) is tensors[index]


@pytest.mark.parametrize("output", [None, "text", [], {}, (1, "a"), {"logits": 3}])
def test_an_answer_without_a_tensor_is_refused(output: object) -> None:
    with pytest.raises(ValueError, match="holds no tensor"):
        first_tensor(output)
