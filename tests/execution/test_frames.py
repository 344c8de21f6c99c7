import os
import struct
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as numpy_arrays

from trainstore.execution.arrays import pack, unpack
from trainstore.execution.frames import FrameClosed, FrameError, FrameTimeout, read_frame, write_frame


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for descriptor in (reader, writer):
        try:
            os.close(descriptor)
        except OSError:
            continue


def test_a_large_message_arrives_through_a_small_pipe(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.set_blocking(writer, False)
    body = os.urandom(3_000_000)
    sender = threading.Thread(target=write_frame, args=(writer, {"a": [1]}, body, time.monotonic() + 30))
    sender.start()
    header, received = read_frame(reader, time.monotonic() + 30)
    sender.join()
    assert header == {"a": [1]}
    assert received == body


@pytest.mark.parametrize(
    "sent",
    [
        struct.pack("<IQ", 1 << 31, 0),
        struct.pack("<IQ", 2, 1 << 62) + b"{}",
        struct.pack("<IQ", 2, 0) + b"[]",
        struct.pack("<IQ", 2, 0) + b"\xff{",
        struct.pack("<IQ", 60_000, 0) + b"[" * 60_000,
    ],
    ids=["long header", "long body", "no object", "no text", "deep"],
)
def test_what_is_no_message_is_refused(pipe: tuple[int, int], sent: bytes) -> None:
    reader, writer = pipe
    os.write(writer, sent)
    with pytest.raises(FrameError):
        read_frame(reader, time.monotonic() + 5)


def test_a_writer_that_is_gone_is_noticed(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.write(writer, b"half a head")
    os.close(writer)
    with pytest.raises(FrameClosed):
        read_frame(reader)


def test_a_reader_that_is_gone_is_noticed(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.close(reader)
    with pytest.raises(FrameClosed):
        write_frame(writer, {})


def test_silence_ends_at_the_deadline(pipe: tuple[int, int]) -> None:
    reader, writer = pipe
    os.set_blocking(writer, False)
    with pytest.raises(FrameTimeout):
        read_frame(reader, time.monotonic() + 0.05)
    with pytest.raises(FrameTimeout):
        write_frame(writer, {}, bytes(1 << 20), time.monotonic() + 0.05)


@given(
    st.lists(
        numpy_arrays(
            st.sampled_from(
                [np.float16, np.float32, np.float64, np.int8, np.int64, np.uint8, np.bool_, ">f4"]
            ),
            st.lists(st.integers(0, 4), max_size=3).map(tuple),
        ),
        max_size=3,
    )
)
def test_arrays_survive_the_way(given_arrays: list[np.ndarray]) -> None:
    descriptions, body = pack(given_arrays)
    received = unpack(descriptions, bytearray(body))
    assert [array.shape for array in received] == [array.shape for array in given_arrays]
    for array, original in zip(received, given_arrays, strict=True):
        np.testing.assert_array_equal(array, original)
        assert array.flags.writeable or array.size == 0


@pytest.mark.parametrize(
    "descriptions",
    [
        None,
        {},
        [],
        [3],
        [{"dtype": "<f4"}],
        [{"dtype": "O", "shape": [1]}],
        [{"dtype": "<U1", "shape": [1]}],
        [{"dtype": "<f4", "shape": [3]}],
        [{"dtype": "<f4", "shape": [1]}],
        [{"dtype": "<f4", "shape": [-2, -1]}],
        [{"dtype": "<f4", "shape": ["2"]}],
        [{"dtype": "<f4", "shape": [True, 2]}],
        [{"dtype": "<f4", "shape": [1 << 62, 0]}],
        [{"dtype": "<f4", "shape": [1] * 40 + [2]}],
        [{"dtype": "<f4", "shape": [2]}, {"dtype": "<f4", "shape": [1]}],
    ],
    ids=range(15),
)
def test_a_description_that_does_not_fit_the_bytes_is_refused(descriptions: object) -> None:
    with pytest.raises(ValueError, match=r"array|bytes"):
        unpack(descriptions, bytearray(8))


def test_objects_and_complex_numbers_are_not_handed_over() -> None:
    for array in (np.array([object()]), np.zeros(2, np.complex64)):
        with pytest.raises(ValueError, match="cannot be handed over"):
            pack([array])
