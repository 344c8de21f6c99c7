import io
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from trainstore.execution.weights_file import InvalidWeights, StoredTensor, read_weights_header


def raw(header: Any, data: bytes = b"", length: int | None = None) -> io.BytesIO:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return io.BytesIO(struct.pack("<Q", len(text) if length is None else length) + text + data)


def tensor(dtype: str = "F32", shape: Any = (1,), start: Any = 0, end: Any = 4) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


def test_names_types_shapes_and_aliases_are_read() -> None:
    arrays = {
        "b": np.zeros((2, 3), np.float32),
        "a": np.zeros((), np.int64),
        "none": np.zeros((0, 4), np.float16),
    }
    file = save(arrays, metadata={"aliases": json.dumps({"tied": "b"})})
    header = read_weights_header(io.BytesIO(file))
    assert {name: (found.dtype, found.shape) for name, found in header.tensors.items()} == {
        "a": ("I64", ()),
        "b": ("F32", (2, 3)),
        "none": ("F16", (0, 4)),
    }
    assert header.aliases == {"tied": "b"}


def test_a_model_without_tensors_has_a_header() -> None:
    assert read_weights_header(io.BytesIO(save({}))).tensors == {}


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(b""),
        io.BytesIO(b"1234567"),
        raw({}, length=1 << 62),
        raw({}, length=200_000_000),
        raw(b"[" * 60_000),
        raw(b"\xff\xfe{}"),
        raw([]),
        raw(
            b'{"a": ' + json.dumps(tensor()).encode() + b', "a": ' + json.dumps(tensor()).encode() + b"}",
            b"1234",
        ),
        raw({"a": 3}),
        raw({"a": {"dtype": "F32"}}),
        raw({"a": tensor(dtype="O")}, b"1234"),
        raw({"a": tensor(dtype=["F32"])}, b"1234"),
        raw({"a": tensor(shape=(2,))}, b"1234"),
        raw({"a": tensor(shape=(-1,))}, b"1234"),
        raw({"a": tensor(shape=(True,))}, b"1234"),
        raw({"a": tensor(shape=("1",))}, b"1234"),
        raw({"a": tensor(shape=(1 << 40, 1 << 40), end=1 << 82)}, b"1234"),
        raw({"a": tensor(start=-4, end=0)}, b"1234"),
        raw({"a": tensor(start=4, end=8)}, b"12345678"),
        raw({"a": tensor(), "b": tensor()}, b"1234"),
        raw({"a": tensor()}, b"12345"),
        raw({"a": tensor()}, b"123"),
        raw({"a": tensor(), "__metadata__": {"aliases": "[" * 60_000}}, b"1234"),
        raw({"a": tensor(), "__metadata__": {"aliases": "[]"}}, b"1234"),
        raw({"a": tensor(), "__metadata__": {"aliases": 3}}, b"1234"),
        raw({"a": tensor(), "__metadata__": {"aliases": '{"b": "c"}'}}, b"1234"),
        raw({"a": tensor(), "__metadata__": {"aliases": '{"b": ["a"]}'}}, b"1234"),
    ],
    ids=range(27),
)
def test_a_malformed_file_is_refused(file: io.BytesIO) -> None:
    with pytest.raises(InvalidWeights):
        read_weights_header(file)


@given(st.binary(max_size=200))
def test_garbage_never_gets_further_than_a_refusal(data: bytes) -> None:
    for file in (io.BytesIO(data), raw(data)):
        try:
            assert read_weights_header(file).tensors.keys() >= set()
        except InvalidWeights:
            continue


def test_places_are_relative_to_the_end_of_the_header() -> None:
    file = raw({"a": tensor(), "b": tensor(start=4, end=8)}, b"12345678")
    assert read_weights_header(file).tensors["b"] == StoredTensor("F32", (1,), 4, 8)
