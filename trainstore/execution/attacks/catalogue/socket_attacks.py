"""Attacks through sockets."""

from trainstore.execution.attacks.catalogue.by_theme import attacks_of
from trainstore.execution.attacks.evidence import ends_well, hears

_SIGNS = {
    "EACCES": "seccomp",
    "EPERM": "landlock",
    "ECONNREFUSED": "namespaces",
    "ENETUNREACH": "namespaces",
    "ENOENT": "namespaces",
    "TimeoutError": "namespaces",
}

_attack = attacks_of(
    "sockets",
    stops=_SIGNS,
    weak=(),
    partial=("seccomp",),
    strong=("seccomp", "namespaces"),
    why_open="the network is within reach",
)


SOCKET_ATTACKS = (
    _attack("connect-tcp", "Send data out by TCP.", hears(b"by tcp")),
    _attack(
        "listen-tcp",
        "Listen on a port and be reached there.",
        lambda seen: seen.baits.marker.encode() in seen.baits.listeners.reached,
    ),
    _attack("send-udp", "Send data out by UDP.", hears(b"by udp")),
    _attack("ask-dns", "Send data out in a question to a name server.", hears(b"by dns")),
    _attack(
        "connect-unix-path",
        "Talk to a service through a socket file, as Docker and D-Bus have.",
        hears(b"by unix path"),
        partial=(),
        strong=("namespaces", "landlock"),
        why_open="services that listen on socket files are within reach; data loaders need the system call",
    ),
    _attack(
        "connect-unix-abstract",
        "Talk to a service through a socket with an abstract name.",
        hears(b"by unix name"),
        partial=("landlock",),
        strong=("namespaces", "landlock"),
        only_with="signals",  # the same version of Landlock has both
    ),
    _attack("open-netlink", "Ask the kernel about the network by netlink.", ends_well),
    _attack("open-raw-socket", "Open a raw socket.", ends_well, needs=("root",)),
)
