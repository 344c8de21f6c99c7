"""Services on this machine's own addresses that note what reaches them."""

import secrets
import selectors
import socket
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

_HOST = "127.0.0.1"
_POLL_SECONDS = 0.05
_MOST_BYTES = 4_096


class Listeners:
    """Listens by TCP, UDP and unix sockets, and calls at a port that nobody has yet, until it is closed.

    Attributes:
        offered: for the attack: ports and addresses.
        heard: all that came in.
        reached: what was answered at the port that had nobody.
    """

    def __init__(self, folder: Path) -> None:
        self.heard = bytearray()
        self.reached = bytearray()
        self._ended = threading.Event()
        self._selector = selectors.DefaultSelector()
        name = f"ts-attack-{secrets.token_hex(8)}"
        path = folder / "service.sock"
        tcp = self._listen(socket.AF_INET, socket.SOCK_STREAM, (_HOST, 0))
        udp = self._listen(socket.AF_INET, socket.SOCK_DGRAM, (_HOST, 0))
        self._listen(socket.AF_UNIX, socket.SOCK_STREAM, str(path))
        self._listen(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}")
        path.chmod(0o777)
        self._free_port = _find_free_port()
        self.offered: dict[str, Any] = {
            "tcp_port": tcp.getsockname()[1],
            "udp_port": udp.getsockname()[1],
            "unix_path": path,
            "unix_abstract": name,
            "free_port": self._free_port,
        }
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._serve, self._call)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Take what has come in, and end; closing again does nothing."""
        if self._ended.is_set():
            return
        self._ended.set()
        for thread in self._threads:
            thread.join()
        for key in list(self._selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
        self._selector.close()

    def _listen(self, family: int, kind: int, address: Any) -> socket.socket:
        listener = socket.socket(family, kind)
        listener.bind(address)
        if kind == socket.SOCK_STREAM:
            listener.listen()
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)
        return listener

    def _serve(self) -> None:
        while ready := self._selector.select(_POLL_SECONDS) or not self._ended.is_set():
            for key, _ in ready if isinstance(ready, list) else ():
                assert isinstance(key.fileobj, socket.socket)
                self._take(key.fileobj)

    def _take(self, ready: socket.socket) -> None:
        with suppress(BlockingIOError, ConnectionError):
            if ready.type == socket.SOCK_STREAM and ready.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                connection, _ = ready.accept()
                connection.setblocking(False)
                self._selector.register(connection, selectors.EVENT_READ)
                return
            data = ready.recv(_MOST_BYTES)
            self.heard += data
            if not data and ready.type == socket.SOCK_STREAM:
                self._selector.unregister(ready)
                ready.close()

    def _call(self) -> None:
        while not self._ended.wait(_POLL_SECONDS):
            with suppress(OSError), socket.create_connection((_HOST, self._free_port), 1.0) as connection:
                self.reached += connection.recv(_MOST_BYTES)


def _find_free_port() -> int:
    with socket.create_server((_HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port
