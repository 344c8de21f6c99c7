"""The fork server's one thread: takes orders, forks, tells how each of its children ended."""

import os
import select
import signal
import socket
from contextlib import suppress
from dataclasses import replace

from trainstore.execution.fork_server.birth import Birth
from trainstore.execution.sandbox.system import SET_DUMPABLE, process_control
from trainstore.execution.supervisor.process_tree import reap

_MOST_BYTES = 1 << 20
_MOST_DESCRIPTORS = 64
_PATIENCE_MS = 500
_WAKING_BYTES = 4_096


def serve(control: int, parent: int) -> Birth | None:
    """Fork for each message, until the parent hangs up or is gone.

    Args:
        control: descriptor of a socket that keeps messages apart. Each message brings a `Birth` and its descriptors,
            before them a socket of its own: on it the child's process id is told, with a descriptor of the process,
            and in the end its exit code.
        parent: the parent's process id.

    Returns:
        In a forked process, what it is to do; None in the server, at its end.
    """
    # Other processes of this user cannot look into it, nor change it.
    process_control(SET_DUMPABLE, 0, what="dumpable")
    listening = socket.socket(fileno=control)
    woken, wake = os.pipe()
    for descriptor in (woken, wake):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    waiting = select.poll()
    for descriptor in (control, woken):
        waiting.register(descriptor, select.POLLIN)
    told: dict[int, int] = {}
    _send(control, "ready", [])
    while os.getppid() == parent:  # a forked copy of the parent may hold the socket open after its death
        ready = [descriptor for descriptor, _ in waiting.poll(_PATIENCE_MS)]
        if woken in ready:
            os.read(woken, _WAKING_BYTES)
            _tell_ended(told)
        if control in ready:
            message, received, _, _ = socket.recv_fds(listening, _MOST_BYTES, _MOST_DESCRIPTORS)
            if not message:
                break
            birth = _fork(message, received, told)
            if birth is not None:
                listening.detach()  # its number is going to be another file's
                return birth
    return None


def _fork(message: bytes, received: list[int], told: dict[int, int]) -> Birth | None:
    """Fork, and return in the child what it is to do."""
    channel, *descriptors = received
    birth = Birth.from_message(message, descriptors)
    server = os.getpid()
    child = os.fork()
    if child == 0:
        process_control(SET_DUMPABLE, 1, what="dumpable")
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        return replace(birth, orders=replace(birth.orders, parent=server))
    for descriptor in descriptors:
        os.close(descriptor)
    told[child] = channel
    process = os.pidfd_open(child)
    _send(channel, str(child), [process])
    os.close(process)
    return None


def _tell_ended(told: dict[int, int]) -> None:
    ended: dict[int, int] = {}
    reap(ended)
    for child, code in ended.items():
        channel = told.pop(child)
        _send(channel, str(code), [])
        os.close(channel)


def _send(channel: int, text: str, descriptors: list[int]) -> None:
    sending = socket.socket(fileno=channel)
    with suppress(OSError):  # nobody listens any more
        socket.send_fds(sending, [text.encode()], descriptors)
    sending.detach()
