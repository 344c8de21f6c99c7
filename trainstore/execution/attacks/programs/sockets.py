"""Attacks through sockets: to take what was read out of the machine, or to reach services on it."""

import socket

from trainstore.execution.attacks.programs.attempt import Bait

_SECONDS = 2.0
_KERNEL_ROUTES = 0


def connect_tcp(bait: Bait) -> None:
    with socket.create_connection(("127.0.0.1", bait["tcp_port"]), _SECONDS) as connection:
        connection.sendall(b"by tcp")


def listen_tcp(bait: Bait) -> None:
    with socket.create_server(("127.0.0.1", bait["free_port"])) as server:
        server.settimeout(_SECONDS)
        connection, _ = server.accept()
        with connection:
            connection.sendall(bait["marker"].encode())


def send_udp(bait: Bait) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"by udp", ("127.0.0.1", bait["udp_port"]))


def ask_dns(bait: Bait) -> None:
    """What was stolen, as the name in a question to a name server."""
    labels = b"".join(bytes([len(label)]) + label for label in (b"by dns", b"attack", b"invalid"))
    question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00" + labels + b"\x00\x00\x10\x00\x01"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_UDP) as sender:
        sender.connect(("127.0.0.1", bait["udp_port"]))
        sender.send(question)


def connect_unix_path(bait: Bait) -> None:
    _send_to(bait["unix_path"], b"by unix path")


def connect_unix_abstract(bait: Bait) -> None:
    _send_to(f"\0{bait['unix_abstract']}", b"by unix name")


def open_netlink(bait: Bait) -> None:
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _KERNEL_ROUTES) as opened:
        opened.bind((0, 0))


def open_raw_socket(bait: Bait) -> None:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


def _send_to(address: str, message: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_SECONDS)
        connection.connect(address)
        connection.sendall(message)
