"""Holds a worker back between its confinement and its first untrusted line, until it was looked at from outside."""

import json
import os
import socket
import time
from collections.abc import Sequence
from types import TracebackType

from trainstore.execution.sandbox.levels import Layer

_GO = b"go"
_MOST_BYTES = 1 << 16


class Gate:
    """The parent's side; leaving the context without `open` turns the worker away.

    Attributes:
        worker_end: the descriptor that the worker inherits.
    """

    def __init__(self) -> None:
        self._socket, worker_socket = socket.socketpair()
        self.worker_end = worker_socket.detach()

    def __enter__(self) -> "Gate":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._socket.close()

    def hear(self, patience_s: float | None) -> list[Layer] | None:
        """What the worker did to itself; None if it ended, or said nothing in time."""
        deadline = None if patience_s is None else time.monotonic() + patience_s
        heard = b""
        while not heard.endswith(b"\n"):
            # No waiting at all would make the socket one that never waits.
            self._socket.settimeout(None if deadline is None else max(0.001, deadline - time.monotonic()))
            try:
                chunk = self._socket.recv(_MOST_BYTES)
            except TimeoutError:
                return None
            if not chunk:
                return None
            heard += chunk
        return [Layer(*fields) for fields in json.loads(heard)]

    def open(self) -> None:
        """Let the worker begin; nothing happens if it is gone."""
        try:
            self._socket.sendall(_GO)
        except OSError:
            return


def wait_at_gate(descriptor: int, layers: Sequence[Layer]) -> bool:
    """The worker's side: say what was done, and return whether it may begin."""
    told = json.dumps([[layer.name, layer.active, layer.why] for layer in layers]).encode() + b"\n"
    while told:
        told = told[os.write(descriptor, told) :]
    answer = os.read(descriptor, len(_GO))
    os.close(descriptor)
    return answer == _GO
