"""Joining a Ray cluster, or starting one on this machine; and nothing of it on the user's terminal."""

import logging
import os
import secrets
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import ModuleType
from typing import Any

import ray
import ray._private.ray_constants
import ray._private.worker
import ray._raylet
from ray.exceptions import RayError

from trainstore.errors import UsageError

LOCAL = "local"
MOST_LOST = 3  # machines that one trial may be lost with, before it is given up

_PATIENCE_S = 5.0
_HTTP2_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"
_FRAME_HEADER = 9
_HTTP2_SETTINGS = 4  # the type of the frame that a server begins with

_SETTINGS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_task_oom_retries": str(MOST_LOST)}
_OF_LOCAL = {"RAY_memory_monitor_refresh_ms": "0"}  # a worker's supervisor sees to its memory
# The supervisor of a worker ends the worker and clears up once its parent is gone. Ray would kill it with the parent.
_OF_TASKS = {"RAY_kill_child_processes_on_worker_exit": "0"}

_LONGEST_FOLDER = 40  # letters; Ray adds 62 to name a socket, and a socket's path has at most 107


@contextmanager
def joined_cluster(address: str) -> Iterator[None]:
    """Connect this process to a cluster; one that was started for it ends with the context.

    Args:
        address: ``HOST:PORT``, or ``local`` to start one.

    Raises:
        UsageError: the address is none, or no cluster there can be joined.
    """
    if ray.is_initialized():
        raise UsageError("This process is connected to a Ray cluster already.", "Call ray.shutdown() before.")
    if address != LOCAL:
        _check_address(address)
    with _quiet(), _former_sigterm():
        try:
            if address == LOCAL:
                with _cluster_of_this_machine():
                    yield
            else:
                _join(address)
                yield
        finally:
            ray.shutdown()


@contextmanager
def _cluster_of_this_machine() -> Iterator[None]:
    """It listens on the loopback address alone, and to nobody who does not know its secret."""
    folder = tempfile.mkdtemp(prefix="ts-ray-")
    if len(folder) > _LONGEST_FOLDER:
        os.rmdir(folder)
        folder = tempfile.mkdtemp(prefix="ts-ray-", dir="/tmp")
    try:
        # Where no mode is set, Ray chooses to ask for the secret.
        secret = {"RAY_AUTH_MODE": None, "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        with _environment({**_OF_LOCAL, **secret}), _on_loopback():
            _connect(LOCAL, include_dashboard=False, _temp_dir=folder)
        yield
    finally:
        ray.shutdown()
        _forget_secret()
        shutil.rmtree(folder, ignore_errors=True)


def _forget_secret() -> None:
    """Have this process ask no other cluster, which it joins later, for the secret of this one."""
    inside: Any = ray._raylet
    inside.Config.initialize("")
    inside.AuthenticationTokenLoader.instance().reset_cache()


def _connect(address: str, **how: Any) -> None:
    with _environment(_SETTINGS):
        ray.init(
            address,
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"env_vars": _OF_TASKS},
            **how,
        )


def _join(address: str) -> None:
    try:
        _connect(address)
    except (OSError, RuntimeError, RayError) as error:
        raise UsageError(
            f"The Ray cluster at {address} cannot be joined from here: {first_sentence(error)}",
            "This machine must belong to it, with the same Ray and Python: "
            f"ray start --address={address} --num-cpus=0. Where the cluster asks for a token, set RAY_AUTH_TOKEN.",
        ) from error


def first_sentence(error: Exception) -> str:
    """Return the first line of what Ray says; it says a lot."""
    return str(error).strip().partition("\n")[0]


def _check_address(address: str) -> None:
    """Refuse an address at which nothing, or something else, answers; Ray would try for ever."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise UsageError(
            f"{address!r} is not the address of a Ray cluster.",
            "Give HOST:PORT, as ray start --head prints it; or local for a cluster of this machine alone.",
        )
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _PATIENCE_S) as connection:
            connection.sendall(_HTTP2_GREETING)
            answer = connection.recv(_FRAME_HEADER)
        why = "" if answer[3:4] == bytes([_HTTP2_SETTINGS]) else "what answers there is no Ray"
    except (OSError, OverflowError) as error:
        why = str(error)
    if why:
        raise UsageError(
            f"There is no Ray cluster at {address}: {why}.",
            "Start one with ray start --head, which prints its address.",
        )


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables, or remove those that are to be None."""
    before = {name: os.environ.get(name) for name in changes}
    _set_variables(changes)
    try:
        yield
    finally:
        _set_variables(before)


def _set_variables(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _on_loopback() -> AbstractContextManager[None]:
    """Ray has no setting for this, but for systems on which it has no clusters of several machines."""
    return _switched_off(ray._private.ray_constants, "ENABLE_RAY_CLUSTER")


def _quiet() -> AbstractContextManager[None]:
    """Keep Ray from printing on standard output what happens to the machines; there is no setting for this."""
    return _switched_off(ray._private.worker, "_worker_logs_enabled")


@contextmanager
def _switched_off(module: ModuleType, name: str) -> Iterator[None]:
    before = getattr(module, name)
    setattr(module, name, False)
    try:
        yield
    finally:
        setattr(module, name, before)


@contextmanager
def _former_sigterm() -> Iterator[None]:
    """Ray sets a handler of its own, and leaves it."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)
