"""Serving the site on this machine alone."""

import errno
import socket
from pathlib import Path

import uvicorn

from trainstore.web.application import make_application

_LOOPBACK = "127.0.0.1"
_MOST_WAITING = 128
_SECONDS_TO_END = 1


def listen(port: int) -> socket.socket:
    """Return a socket on a port of this machine that nobody outside reaches; on a free one where that is taken."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((_LOOPBACK, port))
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        listening.bind((_LOOPBACK, 0))
    listening.listen(_MOST_WAITING)
    return listening


def address_of(listening: socket.socket) -> str:
    """Return the address to open in a browser."""
    return f"http://{_LOOPBACK}:{listening.getsockname()[1]}/"


def make_server(folder: Path) -> uvicorn.Server:
    """Return the server of the store around a folder; `run` or `serve` it with the socket of `listen`.

    Raises:
        StoreNotFound: there is none.
    """
    return uvicorn.Server(
        uvicorn.Config(
            make_application(folder),
            http="h11",
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_SECONDS_TO_END,
        )
    )
