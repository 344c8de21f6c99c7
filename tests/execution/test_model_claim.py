"""What a worker tells of a model, as data from an untrusted process: believed within bounds, and doubted aloud."""

import io
import json
import os
import time
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from trainstore.execution.model_claim import InvalidModelClaim, read_model_claim
from trainstore.records.model_facts import LONGEST_NAME, ModelFacts

WEIGHTS = save(
    {"head.weight": np.zeros((3, 4), np.float32), "head.bias": np.zeros(3, np.float32), "_extra.0": np.zeros(2, np.int64)},
    {"aliases": json.dumps({"tied.weight": "head.weight"})},
)  # fmt: skip


def tensor(shape: list[int], dtype: str = "float32", tied_to: str | None = None) -> dict[str, Any]:
    return {"shape": shape, "dtype": dtype, "trainable": True, "tied_to": tied_to}


def module(name: str, count: int = 0, **fields: Any) -> dict[str, Any]:
    nothing: dict[str, Any] = {
        "parameters": {},
        "buffers": {},
        "input_shape": None,
        "output_shape": None,
        "same_as": None,
    }
    return {"name": name, "type": "Linear", "settings": "", "parameter_count": count, **nothing, **fields}


HEAD = module("head", 15, parameters={"weight": tensor([3, 4]), "bias": tensor([3])})
HIDDEN = module("", buffers={"hidden": tensor([2], "int64")})
TIED = module("tied", parameters={"weight": tensor([3, 4], tied_to="head.weight")})
HONEST = {
    "parameters": 15, "trainable": 15, "buffers": 2, "inference_bytes": 0, "packed_bytes": 0,
    "modules": [HIDDEN, HEAD, TIED], "modules_left_out": 0, "tensors_left_out": 0, "doubts": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def structure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BinaryIO]:
    path = tmp_path_factory.mktemp("claims") / "structure.pkl"
    path.write_bytes(b"x" * 100)
    with path.open("rb") as file:
        yield file


def read(claim: Any, structure: BinaryIO, weights: bytes = WEIGHTS) -> ModelFacts:
    body = claim if isinstance(claim, bytes) else json.dumps(claim).encode()
    return read_model_claim(body, io.BytesIO(weights), structure)


def test_an_honest_description_is_not_doubted_and_its_bytes_are_counted_here(structure: BinaryIO) -> None:
    facts = read({**HONEST, "inference_bytes": 3, "packed_bytes": 40, "doubts": ["mine"]}, structure)
    assert facts.doubts == []
    assert facts.inference_bytes == 4 * 15 + 2 * 8 + 40
    assert [found.name for found in facts.modules] == ["", "head", "tied"]


@pytest.mark.parametrize(
    ("forged", "doubt"),
    [
        ({"parameters": 7}, "its modules have 15 parameters, and it is said to have 7"),
        ({"parameters": 10**9}, "its modules have 15 parameters, and it is said to have 1000000000"),
        ({"buffers": 0}, "its modules have 2 buffers, and it is said to have 0"),
        ({"trainable": 16}, "16 of its 15 parameters are said to be trainable"),
        ({"packed_bytes": 101}, "more bytes of packed tensors than its checkpoint has"),
        ({"modules": [HIDDEN, {**HEAD, "parameter_count": 3}, TIED]}, "module 'head' has 15 parameters, and is said to have 3"),
        ({"modules": [HIDDEN], "parameters": 0, "trainable": 0}, "head.weight is in its weights file, and in none of its modules"),
        ({"modules": [HIDDEN, module("head", 4, parameters={"weight": tensor([1, 4])})]}, "head.weight is F32 [3, 4] in its weights file, not float32 [1, 4]"),
        ({"modules": [HIDDEN, HEAD, module("big", 50, parameters={"weight": tensor([50])})]}, "big.weight, float32 [50], is not in its weights file"),
        ({"modules": [HIDDEN, HEAD, module("more", buffers={"b": tensor([2], "int64")})]}, "more.b, int64 [2], is not in its weights file"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(structure: BinaryIO, forged: dict[str, Any], doubt: str) -> None:
    assert any(doubt in told for told in read({**HONEST, **forged}, structure).doubts)


def test_what_is_not_listed_is_not_missed(structure: BinaryIO) -> None:
    assert read({**HONEST, "modules": [HIDDEN], "modules_left_out": 2}, structure).doubts == []


def test_there_are_few_doubts_and_each_is_one_line(structure: BinaryIO) -> None:
    weights = save({f"a\n\x1b[2J{number}": np.zeros(1, np.float32) for number in range(50)})
    doubts = read({**HONEST, "modules": []}, structure, weights).doubts
    assert 0 < len(doubts) <= 10
    assert all(doubt.isprintable() for doubt in doubts)


@pytest.mark.parametrize(
    "forged",
    [
        {"parameters": -1}, {"parameters": 1.5}, {"parameters": True}, {"parameters": 2**63}, {"modules": None},
        {"modules": [{}]}, {"modules": [module("a\nb")]}, {"modules": [module("\x1b[31m")]}, {"modules": [module("\ud800")]},
        {"modules": [module("x" * (LONGEST_NAME + 1))]}, {"modules": [module("a", type=3)]},
        {"modules": [module("a", settings="x\u202ey")]}, {"modules": [module("a", output_shape=[-1])]},
        {"modules": [module("a", output_shape=[1] * 65)]}, {"modules": [module("a", parameters={"w\x00": tensor([1])})]},
        {"modules": [module("a", parameters={"w": tensor([2**64])})]}, {"modules": [module("a", buffers={"w": []})]},
        {"modules": [module("a")] * 1_001},
        {"modules": [module("a", parameters={str(number): tensor([1]) for number in range(4_001)})]},
    ],
    ids=range(19),
)  # fmt: skip
def test_what_is_malformed_or_endless_is_refused(structure: BinaryIO, forged: dict[str, Any]) -> None:
    with pytest.raises(InvalidModelClaim):
        read({**HONEST, **forged}, structure)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b"[]," * 2_000_000, b'{"a":' * 50_000, b"9" * 50_000,
     json.dumps(HONEST).encode()[:-1] + b', "parameters": 1}'],
    ids=range(10),
)  # fmt: skip
def test_bytes_that_are_no_description_are_refused_at_once(structure: BinaryIO, body: bytes) -> None:
    started = time.process_time()
    with pytest.raises(InvalidModelClaim):
        read(body, structure)
    assert time.process_time() - started < 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from([*HONEST]), json_values, max_size=3),
    st.sampled_from([*HEAD]),
    json_values,
)
def test_any_description_is_believed_or_refused(fields: dict[str, Any], name: str, value: Any) -> None:
    forged = {**HONEST, "modules": [HIDDEN, {**HEAD, name: value}], **fields}
    with open(os.devnull, "rb") as structure:
        try:
            facts = read(forged, structure)
        except InvalidModelClaim:
            return
    assert msgspec.json.decode(msgspec.json.encode(facts), type=ModelFacts) == facts


def test_the_longest_description_takes_little_time(structure: BinaryIO) -> None:
    name = "m" * (LONGEST_NAME - 10)
    modules = [
        module(f"{name}{number}", 64, parameters={f"{name}{place}": tensor([1] * 16) for place in range(4)})
        for number in range(1_000)
    ]
    started = time.process_time()
    facts = read({**HONEST, "modules": modules}, structure)
    assert len(facts.doubts) == 10
    assert time.process_time() - started < 10
