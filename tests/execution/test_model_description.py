"""What is told of models that were saved and restored: by workers' own code, here without a worker."""

import sys
import time
import types
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from described_model import described
from torch import nn
from torch.ao import quantization

from trainstore.execution.model_claim import MODULE_COUNT, TENSOR_COUNT
from trainstore.execution.worker.model_description import describe_model
from trainstore.execution.worker.restored_model import RestoredModel
from trainstore.generation.starters_catalogue import all_starters
from trainstore.records.model_facts import LONGEST_NAME, ModelFacts, ModuleFacts

Describe = Callable[..., ModelFacts]
SCALE_AND_ZERO_POINT = 4 + 8  # of a quantised layer: a float32 and an int64


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Let torch announce the successor of its quantisation."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture
def describe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Describe:
    """Save a model, restore it, and describe it, with a forward pass on an input where one is given."""

    def run(model: nn.Module, given: Any = None) -> ModelFacts:
        module = types.ModuleType("training_function")
        monkeypatch.setitem(sys.modules, "training_function", module)
        return described(model, given, module, tmp_path)

    return run


def by_name(facts: ModelFacts) -> dict[str, ModuleFacts]:
    return {module.name: module for module in facts.modules}


def test_a_model_is_told_module_by_module_in_its_order(describe: Describe) -> None:
    model = nn.Sequential()
    model.add_module("body", nn.Sequential(nn.Conv2d(1, 4, 3, bias=False), nn.BatchNorm2d(4), nn.Flatten()))
    model.add_module("head", nn.Linear(16, 3))
    model.head.bias.requires_grad = False
    facts = describe(model, torch.zeros(2, 1, 4, 4))
    found = by_name(facts)
    assert list(found) == ["", "body", "body.0", "body.1", "body.2", "head"]
    assert found["head"].type == "torch.nn.modules.linear.Linear"
    assert found["head"].settings == "in_features=16, out_features=3, bias=True"
    weight, bias = found["head"].parameters.values()
    assert (weight.shape, weight.dtype, weight.trainable) == ([3, 16], "float32", True)
    assert (bias.shape, bias.trainable) == ([3], False)
    assert list(found["body.1"].buffers) == ["running_mean", "running_var", "num_batches_tracked"]
    assert (found["body.0"].input_shape, found["body.0"].output_shape) == ([2, 1, 4, 4], [2, 4, 2, 2])
    assert [module.parameter_count for module in facts.modules] == [0, 0, 36, 8, 0, 51]
    assert (facts.parameters, facts.trainable, facts.buffers) == (95, 92, 9)
    assert facts.inference_bytes == 95 * 4 + 8 * 4 + 8
    assert facts.doubts == []


def test_shapes_are_those_of_what_was_called(describe: Describe) -> None:
    class Reads(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.unused = nn.LSTM(2, 5, batch_first=True), nn.Linear(1, 1)
            self.head = nn.Linear(5, 3)

        def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
            steps, _ = self.lstm(x)
            return {"attention": x, "logits": self.head(input=steps[:, -1])}

    model = Reads()
    found = by_name(describe(model, torch.zeros(2, 7, 2)))
    assert found[""].output_shape == [2, 3]
    assert (found["lstm"].output_shape, found["unused"].output_shape) == ([2, 7, 5], None)
    assert found["head"].input_shape == [2, 5]
    assert not any(module.output_shape for module in describe(model).modules)
    broken = by_name(describe(model, torch.zeros(2, 7, 9)))
    assert broken["lstm"].parameters and broken["lstm"].output_shape is None


def test_tied_weights_and_modules_count_once_and_say_where_they_stand(describe: Describe) -> None:
    model = nn.ModuleDict({"embed": nn.Embedding(5, 4), "out": nn.Linear(4, 5), "block": nn.Linear(4, 4)})
    model["out"].weight = model["embed"].weight
    model["again"] = model["block"]
    facts = describe(model)
    found = by_name(facts)
    assert found["out"].parameters["weight"].tied_to == "embed.weight"
    assert (found["out"].parameter_count, found["embed"].parameter_count) == (5, 20)
    assert (found["again"].same_as, found["again"].parameters) == ("block", {})
    assert facts.parameters == 20 + 5 + 20
    assert facts.inference_bytes == 4 * facts.parameters
    assert facts.doubts == []


def test_every_tensor_that_is_kept_counts_in_its_own_type(describe: Describe) -> None:
    model = nn.Linear(3, 2).half()
    model.register_buffer("hidden", torch.zeros(5, dtype=torch.int16), persistent=False)
    model.offset = [torch.zeros(7, dtype=torch.float64)]
    model.register_buffer("special", torch.zeros(3, dtype=torch.complex64))
    facts = describe(model)
    assert facts.inference_bytes == 8 * 2 + 5 * 2 + 7 * 8 + 3 * 8
    assert facts.packed_bytes == 3 * 8
    assert facts.buffers == 5 + 3
    assert facts.doubts == []


def test_dynamically_quantised_weights_count_as_they_are_stored(describe: Describe) -> None:
    model = nn.Sequential(nn.Linear(20, 30), nn.ReLU(), nn.Linear(30, 5, bias=False))
    plain = describe(model)
    quantised = describe(quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8))
    assert plain.inference_bytes == 4 * (20 * 30 + 30 + 30 * 5)
    assert quantised.packed_bytes == 20 * 30 + 30 * 5
    assert quantised.inference_bytes == 20 * 30 + 30 * 5 + 4 * 30 + 2 * SCALE_AND_ZERO_POINT
    assert quantised.parameters == plain.parameters == 780
    assert quantised.trainable == 0
    assert [module.name for module in quantised.modules] == ["", "0", "1", "2"]
    first = quantised.modules[1]
    assert first.type == "torch.ao.nn.quantized.dynamic.modules.linear.Linear"
    assert (first.parameters["weight"].dtype, first.parameters["weight"].shape) == ("qint8", [30, 20])
    assert (first.parameters["bias"].dtype, first.parameter_count) == ("float32", 630)
    assert quantised.doubts == []


def test_scales_of_each_channel_count(describe: Describe) -> None:
    model = nn.Sequential(nn.Linear(20, 30))
    chosen = {nn.Linear: quantization.per_channel_dynamic_qconfig}
    facts = describe(quantization.quantize_dynamic(model, chosen))
    assert facts.inference_bytes == 20 * 30 + 4 * 30 + 30 * (8 + 8) + SCALE_AND_ZERO_POINT


def test_recurrent_layers_show_their_packed_weights(describe: Describe) -> None:
    model = nn.ModuleDict({"lstm": nn.LSTM(3, 4, bidirectional=True), "gru": nn.GRU(3, 4)})
    plain = describe(model)
    facts = describe(quantization.quantize_dynamic(model, {nn.LSTM, nn.GRU}, dtype=torch.qint8))
    found = by_name(facts)
    assert list(found) == ["", "lstm", "gru"]
    assert set(found["lstm"].parameters) == set(by_name(plain)["lstm"].parameters)
    assert found["lstm"].parameters["weight_hh_l0_reverse"].shape == [16, 4]
    assert facts.parameters == plain.parameters
    weights, biases = 2 * 16 * (3 + 4) + 12 * (3 + 4), 2 * 2 * 16 + 2 * 12
    assert facts.packed_bytes == weights
    assert facts.inference_bytes == weights + 4 * biases < plain.inference_bytes
    assert facts.doubts == []


def test_a_statically_quantised_net(describe: Describe) -> None:
    model = nn.Sequential(
        quantization.QuantStub(), nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3), quantization.DeQuantStub()
    ).eval()  # fmt: skip
    model.qconfig = quantization.get_default_qconfig("fbgemm")
    fused = quantization.fuse_modules(model, [["1", "2"]])
    prepared = quantization.prepare(fused)
    x = torch.rand(2, 1, 4, 4)
    prepared(x)
    facts = describe(quantization.convert(prepared), x)
    weights, biases, channels = 4 * 9 + 3 * 16, 4 + 3, 4 + 3
    assert facts.packed_bytes == weights
    assert facts.inference_bytes == weights + 4 * biases + channels * (8 + 8) + 3 * SCALE_AND_ZERO_POINT
    assert facts.parameters == weights + biases
    assert by_name(facts)["1"].output_shape == [2, 4, 2, 2]
    assert facts.doubts == []


@pytest.mark.parametrize("bits", [8, 16, 32])
@pytest.mark.parametrize("name", [starter.model_name for starter in all_starters()])
def test_a_starter_takes_the_bytes_that_it_claims(describe: Describe, name: str, bits: int) -> None:
    starter = next(starter for starter in all_starters() if starter.model_name == name)
    code: dict[str, Any] = {"__name__": "starter"}
    exec(starter.training_code, code)
    shape = {"tabular": (5,), "image": (1, 8, 8)}.get(starter.fits[0], (6, 3))
    X, y = torch.randn(12, *shape), torch.arange(12) % 3
    model, metrics = code["train_model"](X, y, X, y, "cpu", epochs=1, quantization_bits=bits)
    facts = describe(model, X[:2])
    assert facts.inference_bytes == metrics["weight_bytes"]
    assert facts.modules[0].output_shape == [2, 3]
    assert bits != 32 or facts.parameters == facts.trainable == metrics["parameters"]
    assert facts.doubts == []


class Rude(nn.Module):
    """Says too much, or dies of it."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer

    def extra_repr(self) -> str:
        if self.answer is None:
            raise KeyError("no")
        return self.answer


@pytest.mark.parametrize(
    ("answer", "told"),
    [(None, ""), (3, "3"), ("x" * 10**8, "x" * LONGEST_NAME), ("a\n\x1b[31mb\u202e \r\x00c\ud800 ", "a b c")],
    ids=["raises", "number", "long", "escapes"],
)
def test_settings_are_one_short_plain_line(describe: Describe, answer: Any, told: str) -> None:
    assert by_name(describe(nn.Sequential(Rude(answer), nn.Linear(1, 1))))["0"].settings == told


def test_names_are_plain_text(describe: Describe) -> None:
    model = nn.Module()
    model.add_module("a\n\x1b[2Jb", nn.Linear(2, 2))
    model.register_buffer("\u202ec" * 400, torch.zeros(1))
    facts = describe(model)
    assert [module.name for module in facts.modules] == ["", "a b"]
    assert list(facts.modules[0].buffers) == ["c" * LONGEST_NAME]
    assert facts.doubts == []


def test_more_modules_and_tensors_than_are_listed_are_counted(describe: Describe) -> None:
    model = nn.Sequential(*(nn.Identity() for _ in range(5_000)))
    model.many = nn.ParameterList(torch.zeros(2) for _ in range(TENSOR_COUNT + 5))
    facts = describe(model)
    assert (len(facts.modules), facts.modules_left_out) == (MODULE_COUNT, 5_002 - MODULE_COUNT)
    assert facts.tensors_left_out == TENSOR_COUNT + 5
    assert facts.parameters == 2 * (TENSOR_COUNT + 5)
    alone = describe(nn.Sequential(model.many))
    assert len(alone.modules[1].parameters) == TENSOR_COUNT
    assert (alone.tensors_left_out, alone.parameters) == (5, facts.parameters)
    assert facts.doubts == alone.doubts == []


def test_a_module_that_cannot_be_read_is_left_out_and_the_rest_is_told(describe: Describe) -> None:
    lazy = nn.LazyLinear(3)
    facts = describe(nn.Sequential(nn.Linear(2, 2), lazy))
    assert [module.parameter_count for module in facts.modules] == [0, 6, 0]
    assert facts.tensors_left_out == 2
    assert facts.doubts == []


def test_modules_without_end_are_walked_once_and_in_time() -> None:
    model = nn.Module()
    inner = nn.Module()
    model.add_module("inner", inner)
    inner.add_module("outer", model)  # what no checkpoint can hold, but code that is restored can make
    inner._modules |= {f"m{number}": nn.Identity() for number in range(50_000)}
    started = time.process_time()
    facts = msgspec.json.decode(describe_model(RestoredModel(model, 0), lambda: None), type=ModelFacts)
    assert [(module.name, module.same_as) for module in facts.modules[:3]] == [
        ("", None), ("inner", None), ("inner.outer", ""),
    ]  # fmt: skip
    assert facts.modules_left_out == 50_003 - MODULE_COUNT
    assert time.process_time() - started < 20
