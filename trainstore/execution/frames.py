"""Messages between the parent and a serving worker: a JSON header and raw bytes, lengths in front."""

import json
import os
import selectors
import struct
import time
from typing import Any

from trainstore.execution.strict_json import parse_strictly

HEADER_BYTES = 1 << 20
BODY_BYTES = 64 << 30

_LENGTHS = struct.Struct("<IQ")
_CHUNK = 1 << 20


class FrameError(Exception):
    """The other side is gone, too slow, or does not keep to the format."""


class FrameClosed(FrameError):
    """The other side is gone."""


class FrameTimeout(FrameError):
    """The other side did not answer in time."""


def write_frame(
    descriptor: int, header: dict[str, Any], body: bytes = b"", deadline: float | None = None
) -> None:
    """Send one message.

    Raises:
        FrameClosed: the reader is gone.
        FrameTimeout: ``deadline``, in the time of ``time.monotonic``, has passed.
    """
    encoded = json.dumps(header).encode()
    for part in (_LENGTHS.pack(len(encoded), len(body)) + encoded, body):
        left = memoryview(part)
        while left:
            _wait(descriptor, selectors.EVENT_WRITE, deadline)
            try:
                left = left[os.write(descriptor, left[:_CHUNK]) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise FrameClosed("the other side is gone") from error


def read_frame(
    descriptor: int, deadline: float | None = None, most_bytes: int = BODY_BYTES
) -> tuple[dict[str, Any], bytearray]:
    """Receive one message with a body of at most ``most_bytes``.

    Raises:
        FrameClosed: the writer is gone.
        FrameError: what it sent is no message.
        FrameTimeout: ``deadline``, in the time of ``time.monotonic``, has passed.
    """
    header_length, body_length = _LENGTHS.unpack(_read(descriptor, _LENGTHS.size, deadline))
    if header_length > HEADER_BYTES or body_length > most_bytes:
        raise FrameError("a message is too long")
    try:
        header = parse_strictly(bytes(_read(descriptor, header_length, deadline)), HEADER_BYTES)
    except ValueError as error:
        raise FrameError("a message has a broken header") from error
    if not isinstance(header, dict):
        raise FrameError("a message has a broken header")
    return header, _read(descriptor, body_length, deadline)


def _read(descriptor: int, length: int, deadline: float | None) -> bytearray:
    data = bytearray()
    while len(data) < length:
        _wait(descriptor, selectors.EVENT_READ, deadline)
        chunk = os.read(descriptor, min(_CHUNK, length - len(data)))
        if not chunk:
            raise FrameClosed("the other side is gone")
        data += chunk
    return data


def _wait(descriptor: int, event: int, deadline: float | None) -> None:
    if deadline is None:
        return
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, event)
        left = deadline - time.monotonic()
        # Also when something is there: what comes byte by byte would have no end.
        if left <= 0 or not selector.select(left):
            raise FrameTimeout("the other side did not answer in time")
