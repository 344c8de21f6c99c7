"""Attacks through parts of the kernel, and through programs with rights of their own."""

from trainstore.execution.attacks.attack import Seen
from trainstore.execution.attacks.catalogue.by_theme import attacks_of
from trainstore.execution.attacks.evidence import ends_well, prints, tells

_SIGNS = {"EPERM": "seccomp", "ENOSYS": "seccomp", "EACCES": "landlock", "ENOENT": "namespaces"}
_NOBODY = 65534

_attack = attacks_of(
    "kernel",
    stops=_SIGNS,
    weak=(),
    partial=("seccomp",),
    strong=("seccomp", "namespaces"),
    why_open="every system call is allowed",
)


def _is_mounted(seen: Seen) -> bool:
    return (seen.baits.decoys.root / "mount").is_mount()


_TERMINAL = {
    "partial": ("landlock",),
    "strong": ("namespaces",),
    "why_open": "terminals of the user are within reach",
}

KERNEL_ATTACKS = (
    _attack("set-up-io-uring", "Set up io_uring, whose operations no filter sees.", ends_well),
    _attack("read-key", "Read a key in the kernel's keyring.", tells("key"), needs=("key",)),
    _attack("nest-user-namespace", "Make a user namespace and have every capability in it.", ends_well),
    _attack("mount-file-system", "Mount a file system.", _is_mounted, needs=("root",)),
    _attack("make-device", "Make a device node.", prints("device gives 8"), needs=("root",)),
    _attack("read-kernel-log", "Ask for the kernel's log.", prints("kernel log of True")),
    _attack(
        "run-set-user-id",
        "Run a program that takes another user's rights.",
        prints(f"set-user-id ran as {_NOBODY}"),
        stops={**_SIGNS, "no effect": "no_new_privileges"},
        weak=("no_new_privileges",),
        partial=("landlock", "no_new_privileges"),
        strong=("namespaces",),
        why_open="",
        needs=("set_user_id",),
    ),
    _attack(
        "type-on-terminal",
        "Type a command on somebody's terminal.",
        lambda seen: b"typed" in seen.baits.terminal.typed,
        needs=("root",),
        **_TERMINAL,
    ),
    _attack(
        "write-to-terminal",
        "Write on somebody's terminal.",
        lambda seen: b"written" in seen.baits.terminal.written,
        **_TERMINAL,
    ),
)
